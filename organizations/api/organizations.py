"""/api/v1/organizations, /api/v1/tickets"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from config.common.pagination import ordered_by, page_of
from organizations import tickets
from organizations.api import serializers
from organizations.api.base import PersonAPIView, TenantAPIView
from organizations.api.presenters import api_key_json, member_json, own_organization_json
from organizations.idempotency import idempotent
from organizations.models import ApiKey, Membership
from organizations.roles import Action, Role
from organizations.services import api_keys, organizations

PAGE = [
    OpenApiParameter("ordering", enum=["created_at", "-created_at"]),
    OpenApiParameter("limit", int),
    OpenApiParameter("cursor"),
]
IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", location=OpenApiParameter.HEADER)


class OrganizationsView(PersonAPIView):
    @extend_schema(
        operation_id="organizations_list", parameters=PAGE, responses=page_of(serializers.OwnOrganizationSerializer)
    )
    def get(self, request: Request) -> Response:
        """Your organizations, those you joined last first."""
        rows = Membership.objects.filter(user=self.person).select_related("organization")
        paginator = ordered_by(request, allowed=("created_at",))
        page = paginator.paginate_queryset(rows, request, view=self) or []
        return paginator.get_paginated_response([own_organization_json(row.organization, row.role) for row in page])

    @extend_schema(
        operation_id="organizations_create",
        request=serializers.NewOrganizationSerializer,
        responses={201: serializers.OwnOrganizationSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Start another organization, with you as its owner."""
        asked = validated(serializers.NewOrganizationSerializer, request.data)
        made = organizations.create(name=asked["name"], owner=self.person)
        return Response(own_organization_json(made, Role.OWNER), status=201)


class MembersView(TenantAPIView):
    actions = {"GET": Action.MEMBERS_READ}

    @extend_schema(operation_id="members_list", parameters=PAGE, responses=page_of(serializers.MemberSerializer))
    def get(self, request: Request, slug: str) -> Response:
        """The people of the organization and their roles."""
        rows = Membership.objects.visible_to(self.caller).select_related("user")
        return paginated(self, rows, member_json)


class ApiKeysView(TenantAPIView):
    actions = {"GET": Action.KEYS_MANAGE, "POST": Action.KEYS_MANAGE}

    @extend_schema(operation_id="api_keys_list", parameters=PAGE, responses=page_of(serializers.ApiKeySerializer))
    def get(self, request: Request, slug: str) -> Response:
        """The keys of the organization, revoked ones too. Their secrets are never shown again."""
        return paginated(self, ApiKey.objects.visible_to(self.caller), api_key_json)

    @extend_schema(
        operation_id="api_keys_create",
        request=serializers.NewApiKeySerializer,
        responses={201: serializers.CreatedApiKeySerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent(secret=True)
    def post(self, request: Request, slug: str) -> Response:
        """Make a key. `key` in the answer is shown this once: keep it."""
        asked = validated(serializers.NewApiKeySerializer, request.data)
        key, text = api_keys.create(caller=self.caller, **asked)
        return Response({**api_key_json(key), "key": text}, status=201)


class ApiKeyView(TenantAPIView):
    actions = {"DELETE": Action.KEYS_MANAGE}

    @extend_schema(operation_id="api_keys_revoke", responses={204: None})
    def delete(self, request: Request, slug: str, key_id: UUID) -> Response:
        """Revoke a key. What uses it gets 401 from the next request on."""
        api_keys.revoke(caller=self.caller, key=ApiKey.objects.visible_to(self.caller).get_or_404(key_id))
        return Response(status=204)


class TicketsView(TenantAPIView):
    actions = {"POST": None}

    @extend_schema(operation_id="tickets_create", request=None, responses={201: serializers.TicketSerializer})
    def post(self, request: Request) -> Response:
        """A ticket for `?ticket=` on /live/ from a page of another origin: once, within 30 seconds."""
        return Response({"ticket": tickets.issue(self.caller)}, status=201)


def paginated(view: TenantAPIView, rows: Any, present: Any) -> Response:
    """One page of `rows`, each drawn by `present`."""
    paginator = ordered_by(view.request, allowed=("created_at",))
    page = paginator.paginate_queryset(rows, view.request, view=view) or []
    return paginator.get_paginated_response([present(row) for row in page])
