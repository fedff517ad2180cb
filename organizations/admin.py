"""Tenants, their people and their keys in the staff's admin."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline

from accounts.models import User
from config.common.clock import now
from config.common.staff import Kept, ReadOnly
from organizations.models import (
    ApiKey,
    AuditEvent,
    IdempotencyKey,
    Invitation,
    Membership,
    Notification,
    Organization,
    OrganizationTombstone,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from organizations.services import deletion


class MembershipInline(TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)
    fields = ("user", "role")


@admin.register(Organization)
class OrganizationAdmin(ModelAdmin):
    """Deleting is closing: the row goes when the grace is over, by `purge_organization()`, with all that is below."""

    list_display = ("name", "slug", "people", "created_at", "purge_at")
    list_filter = ("created_at", "deleted_at", "require_mfa")
    search_fields = ("name", "slug", "id", "memberships__user__email")
    readonly_fields = ("id", "created_at", "updated_at", "deleted_at", "purge_at")
    inlines = (MembershipInline,)
    actions = ("close", "reopen", "end_grace")

    def has_delete_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        return False

    @admin.action(description=_("Delete (with the grace period)"), permissions=["change"])
    def close(self, request: HttpRequest, chosen: QuerySet[Organization]) -> None:
        for organization in chosen:
            deletion.close(organization, by=_staff(request), staff=True)

    @admin.action(description=_("Restore what is deleted"), permissions=["change"])
    def reopen(self, request: HttpRequest, chosen: QuerySet[Organization]) -> None:
        for organization in chosen.filter(deleted_at__isnull=False):
            deletion.reopen(organization, by=_staff(request), staff=True)

    @admin.action(description=_("End the grace period: gone for good within the hour"), permissions=["change"])
    def end_grace(self, request: HttpRequest, chosen: QuerySet[Organization]) -> None:
        for organization in chosen.filter(deleted_at__isnull=False):
            self.log_change(request, organization, "Ended the grace period")
            Organization.objects.filter(pk=organization.pk, deleted_at__isnull=False).update(purge_at=now())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        found: QuerySet[Organization] = super().get_queryset(request)
        return found.annotate(people_count=Count("memberships"))

    @admin.display(description=_("people"), ordering="people_count")
    def people(self, organization: Organization) -> int:
        return int(getattr(organization, "people_count", 0))


def _staff(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


@admin.register(Membership)
class MembershipAdmin(ModelAdmin):
    list_display = ("user", "organization", "role", "created_at")
    list_filter = ("role", "created_at")
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "organization__name", "organization__slug")
    autocomplete_fields = ("user", "organization")
    readonly_fields = ("id", "created_at", "updated_at")


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    """Keys are made by people of the organization, who alone see the text; staff may look, and revoke by a date."""

    list_display = ("name", "prefix", "organization", "created_by", "last_used_at", "expires_at", "revoked_at")
    list_filter = ("revoked_at", "expires_at", "last_used_at")
    list_select_related = ("organization", "created_by")
    search_fields = ("name", "prefix", "organization__name", "organization__slug", "created_by__email")
    readonly_fields = (
        "id",
        "organization",
        "name",
        "prefix",
        "key_hash",
        "scopes",
        "requests_per_minute",
        "max_billable_seconds",
        "created_by",
        "created_at",
        "last_used_at",
    )
    fields = (*readonly_fields, "expires_at", "revoked_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(Kept, ModelAdmin):
    """To be read. The database refuses everything else as well."""

    list_display = ("created_at", "organization", "actor_type", "actor_name", "action", "target_label", "ip")
    list_filter = ("actor_type", "created_at")
    list_select_related = ("organization",)
    search_fields = ("actor_name", "action", "target_label", "target_id", "organization__name", "organization__slug")
    date_hierarchy = "created_at"
    show_full_result_count = False


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(ReadOnly, ModelAdmin):
    list_display = ("key", "route", "caller", "organization", "status", "created_at", "expires_at")
    list_filter = ("status", "created_at")
    list_select_related = ("organization",)
    search_fields = ("key", "route", "caller")
    readonly_fields = tuple(field.name for field in IdempotencyKey._meta.fields)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnly, ModelAdmin):
    list_display = ("place", "organization", "status", "failures", "failing_since", "last_success_at", "created_at")
    list_filter = ("status", "created_at")
    list_select_related = ("organization",)
    search_fields = ("id", "url", "organization__name", "organization__slug")
    # SECURITY: secrets, even encrypted, are no business of the staff's.
    exclude = ("secret", "old_secret", "url")
    actions = ("switch_off",)

    @admin.action(description=_("Switch off"), permissions=["manage"])
    def switch_off(self, request: HttpRequest, chosen: QuerySet[WebhookEndpoint]) -> None:
        for endpoint in chosen:
            self.log_change(request, endpoint, "Switched off")
        count = chosen.update(status=WebhookEndpoint.Status.DISABLED, updated_at=now())
        self.message_user(
            request, ngettext("%(count)d switched off.", "%(count)d switched off.", count) % {"count": count}
        )


class WebhookAttemptInline(TabularInline):
    model = WebhookAttempt
    extra = 0
    fields = ("number", "started_at", "duration_ms", "status_code", "error", "response")
    readonly_fields = fields
    can_delete = False


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly, ModelAdmin):
    list_display = ("event", "endpoint", "organization", "status", "tries", "due_at", "created_at")
    list_filter = ("status", "event", "created_at")
    list_select_related = ("organization", "endpoint")
    search_fields = ("id", "message_id", "organization__name", "organization__slug")
    date_hierarchy = "created_at"
    inlines = (WebhookAttemptInline,)


@admin.register(Invitation)
class InvitationAdmin(Kept, ModelAdmin):
    list_display = ("email", "organization", "role", "status", "invited_by", "sent_at", "expires_at")
    list_filter = ("role", "accepted_at", "revoked_at")
    list_select_related = ("organization", "invited_by")
    search_fields = ("email", "organization__name", "organization__slug")
    exclude = ("token_hash",)


@admin.register(Notification)
class NotificationAdmin(ReadOnly, ModelAdmin):
    list_display = ("kind", "user", "organization", "created_at", "read_at")
    list_filter = ("kind", "created_at")
    list_select_related = ("organization", "user")
    search_fields = ("user__email", "organization__slug")


@admin.register(OrganizationTombstone)
class OrganizationTombstoneAdmin(Kept, ModelAdmin):
    list_display = ("id", "created_at", "deleted_at", "purged_at", "counts")
    search_fields = ("id",)
