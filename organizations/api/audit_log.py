"""/api/v1/organizations/{slug}/audit-log"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from config.common import spreadsheet
from config.common.api import StrictSerializer, validated
from config.common.clock import iso
from config.common.pagination import CursorPagination, page_of
from organizations.api.base import TenantAPIView
from organizations.models import AuditEvent
from organizations.roles import Action
from organizations.services import audit_log
from organizations.services.audit_log import AuditQuery


class AuditQuerySerializer(StrictSerializer):
    actor = serializers.CharField(required=False, max_length=300, help_text="An id, or a part of the name.")
    action = serializers.CharField(
        required=False, max_length=64, help_text="`member.removed`, or `member` for all of that kind."
    )
    target = serializers.CharField(
        required=False, max_length=200, help_text="An id, a part of the name, or a kind such as `api_key`."
    )
    to = serializers.DateTimeField(required=False, help_text="Before this moment.")
    format = serializers.ChoiceField(
        ["json", "csv"], required=False, default="json", help_text="`csv`: the whole found log as one file."
    )
    limit = serializers.IntegerField(required=False, min_value=1, help_text="50 by default, at most 1000.")
    cursor = serializers.CharField(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """With `from`, which Python keeps for itself."""
        since = serializers.DateTimeField(required=False, help_text="From this moment on.")
        return {**super().get_fields(), "from": since}


class AuditActorSerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(AuditEvent.Actor.values)
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField(help_text="As it was then.")


class AuditTargetSerializer(serializers.Serializer[Any]):
    type = serializers.CharField()
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # an answer's field, not the form label


class AuditEventSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    action = serializers.CharField()
    actor = AuditActorSerializer()
    target = AuditTargetSerializer(allow_null=True)
    data = serializers.DictField()  # type: ignore[assignment] # an answer's field, not the check's result
    ip = serializers.IPAddressField(allow_null=True)
    user_agent = serializers.CharField(allow_blank=True)
    request_id = serializers.CharField(allow_blank=True)


def event_json(event: AuditEvent) -> dict[str, Any]:
    target = {"type": event.target_type, "id": event.target_id, "label": event.target_label}
    return {
        "id": event.pk,
        "at": iso(event.created_at),
        "action": event.action,
        "actor": {"type": event.actor_type, "id": event.actor_id, "name": event.actor_name},
        "target": target if event.target_type else None,
        "data": event.data,
        "ip": event.ip,
        "user_agent": event.user_agent,
        "request_id": event.request_id,
    }


class AuditLogView(TenantAPIView):
    actions = {"GET": Action.AUDIT_READ}

    @extend_schema(
        operation_id="audit_log",
        parameters=[AuditQuerySerializer],
        responses={
            (200, "application/json"): page_of(AuditEventSerializer),
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="With `format=csv`."),
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Who did what to which object, from where, when; newest first."""
        asked = validated(AuditQuerySerializer, request.query_params.dict())
        query = AuditQuery(
            actor=asked.get("actor", ""),
            action=asked.get("action", ""),
            target=asked.get("target", ""),
            since=asked.get("from"),
            until=asked.get("to"),
        )
        rows = audit_log.events(self.caller, query)
        if asked["format"] == "csv":
            return spreadsheet.download(f"audit-log-{slug}.csv", audit_log.COLUMNS, audit_log.table(rows))
        paginator = CursorPagination()
        page = paginator.paginate_queryset(rows, request, view=self) or []
        return paginator.get_paginated_response([event_json(event) for event in page])
