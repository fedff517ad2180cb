"""/api/v1/usage"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from billing import reports
from billing.api import serializers
from config.common.api import validated
from config.common.clock import iso
from organizations.api.base import TenantAPIView
from organizations.roles import Action


class UsageView(TenantAPIView):
    actions = {"GET": Action.USAGE_READ}

    @extend_schema(
        operation_id="usage_read",
        parameters=[serializers.UsageQuerySerializer],
        responses=serializers.UsageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Seconds of audio that were charged, by day, member, project, API key or model."""
        asked = validated(serializers.UsageQuerySerializer, request.query_params.dict())
        since, until = asked["from"], asked["to"]
        group_by = reports.GroupBy(asked["group_by"])
        rows = reports.usage(self.caller.organization, since=since, until=until, group_by=group_by)
        total = sum(row["audio_seconds"] for row in rows)
        return Response({"data": rows, "from": iso(since), "to": iso(until), "total_audio_seconds": total})
