"""/api/v1/notifications: a person's news in one organization"""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from config.common.pagination import page_of
from organizations.api import organization_serializers as serializers
from organizations.api.base import TenantAPIView
from organizations.api.organization_presenters import notification_json
from organizations.api.organizations import PAGE, paginated
from organizations.models import Notification
from organizations.notifications import notices
from organizations.roles import Action

UNREAD = OpenApiParameter("unread", bool, description="Only what was not read yet.")


class NotificationsView(TenantAPIView):
    actions = {"GET": Action.NOTIFICATIONS_READ, "PATCH": Action.NOTIFICATIONS_READ}

    @extend_schema(
        operation_id="notifications_list",
        parameters=[*PAGE, UNREAD],
        responses=page_of(serializers.NotificationSerializer),
    )
    def get(self, request: Request) -> Response:
        """Your notifications in the organization, newest first."""
        rows = Notification.objects.visible_to(self.caller)
        wanted = request.query_params.get("unread", "").lower() in ("1", "true")
        return paginated(self, rows.unread() if wanted else rows, notification_json)

    @extend_schema(
        operation_id="notifications_read_all",
        request=serializers.ReadSerializer,
        responses=serializers.MarkedSerializer,
    )
    def patch(self, request: Request) -> Response:
        """Mark all of them as read (or, with `read: false`, as unread)."""
        read = validated(serializers.ReadSerializer, request.data)["read"]
        return Response({"changed": notices.mark_read(self.caller, read=read)})


class NotificationView(TenantAPIView):
    actions = {"PATCH": Action.NOTIFICATIONS_READ}

    @extend_schema(
        operation_id="notifications_read",
        request=serializers.ReadSerializer,
        responses=serializers.NotificationSerializer,
    )
    def patch(self, request: Request, notification_id: UUID) -> Response:
        """Mark one as read, or as unread."""
        rows = Notification.objects.visible_to(self.caller)
        notification = rows.get_or_404(notification_id)
        read = validated(serializers.ReadSerializer, request.data)["read"]
        notices.mark_read(self.caller, notification, read=read)
        return Response(notification_json(rows.get_or_404(notification_id)))
