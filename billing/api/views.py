"""/api/v1/usage"""

from __future__ import annotations

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api import serializers
from billing.api.usage_presenters import overview_json
from billing.reports import ledger, overview
from config.common import spreadsheet
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
        """Seconds of audio that were charged, by day, member, project, API key or model; and what is left now."""
        asked = validated(serializers.UsageQuerySerializer, request.query_params.dict())
        since, until = asked["from"], asked["to"]
        group_by = ledger.GroupBy(asked["group_by"])
        rows = ledger.usage(self.caller.organization, since=since, until=until, group_by=group_by)
        total = sum(row["audio_seconds"] for row in rows)
        found = {"data": rows, "from": iso(since), "to": iso(until), "total_audio_seconds": total}
        return Response(found | overview_json(overview.of(self.caller.organization)))


class UsageExportView(TenantAPIView):
    actions = {"GET": Action.USAGE_READ}

    @extend_schema(
        operation_id="usage_export",
        parameters=[serializers.SpanQuerySerializer],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Every line of the ledger as CSV: jobs that ran, run and were released, and corrections of the staff."""
        asked = validated(serializers.SpanQuerySerializer, request.query_params.dict())
        organization = self.caller.organization
        rows = ledger.table(organization, since=asked["from"], until=asked["to"])
        return spreadsheet.download(f"usage-{organization.slug}.csv", ledger.COLUMNS, rows)
