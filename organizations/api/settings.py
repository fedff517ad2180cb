"""/api/v1/organizations/{slug}: read, rename, delete, restore, settings"""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from organizations.api import organization_serializers as serializers
from organizations.api.base import TenantAPIView
from organizations.api.organization_presenters import organization_detail_json, settings_json
from organizations.roles import Action
from organizations.services import deletion, settings


class OrganizationView(TenantAPIView):
    actions = {"GET": None, "PATCH": Action.SETTINGS_MANAGE, "DELETE": Action.ORGANIZATION_DELETE}
    ungated = frozenset({"GET"})

    @extend_schema(operation_id="organizations_read", responses=serializers.OrganizationDetailSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """One organization, with your role in it."""
        return Response(organization_detail_json(self.caller.organization, self.caller.role))

    @extend_schema(
        operation_id="organizations_change",
        request=serializers.ChangeOrganizationSerializer,
        responses=serializers.OrganizationDetailSerializer,
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Rename it. Its slug, which stands in addresses, stays."""
        changes = validated(serializers.ChangeOrganizationSerializer, request.data)
        return Response(organization_detail_json(settings.update(caller=self.caller, **changes), self.caller.role))

    @extend_schema(
        operation_id="organizations_delete", request=None, responses={202: serializers.OrganizationDetailSerializer}
    )
    def delete(self, request: Request, slug: str) -> Response:
        """Delete it. It closes at once, can be restored until `purge_at`, and then everything in it is gone."""
        return Response(organization_detail_json(deletion.delete(caller=self.caller), self.caller.role), status=202)


class RestoreView(TenantAPIView):
    actions = {"POST": Action.ORGANIZATION_DELETE}
    ungated = frozenset({"POST"})

    @extend_schema(
        operation_id="organizations_restore", request=None, responses=serializers.OrganizationDetailSerializer
    )
    def post(self, request: Request, slug: str) -> Response:
        """Undo the deletion: everything is as it was."""
        return Response(organization_detail_json(deletion.restore(caller=self.caller), self.caller.role))


class SettingsView(TenantAPIView):
    actions = {"GET": Action.SETTINGS_MANAGE, "PATCH": Action.SETTINGS_MANAGE}

    @extend_schema(operation_id="settings_read", responses=serializers.SettingsSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Job defaults, retention, who may join, and what signing in takes."""
        return Response(settings_json(self.caller.organization))

    @extend_schema(
        operation_id="settings_change",
        request=serializers.ChangeSettingsSerializer,
        responses=serializers.SettingsSerializer,
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change settings. Fields that are left out stay as they are."""
        changes = validated(serializers.ChangeSettingsSerializer, request.data)
        return Response(settings_json(settings.update(caller=self.caller, **changes)))
