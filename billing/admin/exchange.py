"""What travels between Stripe and us, in the staff's admin: events that came, calls that must go."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from billing.gateway import inbox, outbox
from billing.models import StripeCall, StripeEvent
from config.common.staff import Kept


class WaitingRows(Kept, ModelAdmin):
    """Rows that only the system writes: staff look, and let what failed run again."""

    date_hierarchy = "created_at"
    actions = ("again",)
    ordering = ("-created_at",)


@admin.register(StripeEvent)
class StripeEventAdmin(WaitingRows):
    list_display = ("type", "status", "organization", "attempts", "happened_at", "finished_at", "event_id")
    list_select_related = ("organization",)
    list_filter = ("status", "type", "happened_at")
    search_fields = ("event_id", "customer", "type", "organization__name", "organization__slug")
    readonly_fields = tuple(field.name for field in StripeEvent._meta.fields)

    @admin.action(description=_("Run again"), permissions=["manage"])
    def again(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> None:
        for event in queryset:
            inbox.again(event)
            self.log_change(request, event, "Run again")
        text = ngettext("%d event runs again.", "%d events run again.", len(queryset)) % len(queryset)
        self.message_user(request, text)


@admin.register(StripeCall)
class StripeCallAdmin(WaitingRows):
    list_display = ("kind", "key", "status", "organization_id", "attempts", "happened_at", "finished_at", "error")
    list_filter = ("status", "kind", "happened_at")
    search_fields = ("key", "customer")
    readonly_fields = tuple(field.name for field in StripeCall._meta.fields)

    @admin.action(description=_("Send those that failed again"), permissions=["manage"])
    def again(self, request: HttpRequest, queryset: QuerySet[StripeCall]) -> None:
        sent = [call for call in queryset if outbox.again(call)]
        for call in sent:
            self.log_change(request, call, "Sent again")
        text = ngettext("%d call is sent again.", "%d calls are sent again.", len(sent)) % len(sent)
        self.message_user(request, text)
