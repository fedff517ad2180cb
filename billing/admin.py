"""Accounts, and what travels between Stripe and us, in the staff's admin; the ledger is in `billing.usage_admin`."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from billing import stripe_events, usage_admin  # noqa: F401 - importing registers
from billing.models import Account, StripeCall, StripeEvent
from billing.services import accounts, outbox
from billing.subscription_state import State

# Of dj-stripe's tables staff see what explains a customer; keys and secrets have no page.
SHOWN = frozenset({"customer", "subscription", "invoice"})


@admin.register(Account)
class AccountAdmin(ModelAdmin):
    """Staff agree on limits and give plans; what comes from Stripe is changed in Stripe."""

    list_display = ("organization", "plan", "status", "comp_plan", "comp_until", "seats", "period_end", "updated_at")
    list_select_related = ("organization",)
    list_filter = ("status", "plan", "comp_plan", "updated_at")
    search_fields = ("organization__name", "organization__slug", "stripe_customer", "stripe_subscription")
    autocomplete_fields = ("organization",)
    actions = ("ask_stripe",)
    readonly_fields = (
        *(field for field in State.__dataclass_fields__),
        "trial_used",
        "stripe_customer",
        "max_concurrent_jobs",
        "id",
        "created_at",
        "updated_at",
    )
    fieldsets = (
        (None, {"fields": ("organization", "id")}),
        (_("Plan given by us"), {"fields": ("comp_plan", "comp_until", "comp_note")}),
        (
            _("Limits agreed on"),
            {
                "description": _("Empty: what the plan says."),
                "fields": (
                    "included_seconds", "max_storage_bytes", "agreed_seats", "agreed_concurrent_jobs",
                    "overage_cap_seconds", "max_concurrent_jobs",
                ),
            },
        ),
        (
            _("As Stripe says"),
            {"fields": (*(field for field in State.__dataclass_fields__), "trial_used", "stripe_customer")},
        ),
    )  # fmt: skip

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        accounts.settle_jobs_of(obj)

    @admin.action(description=_("Ask Stripe how things stand"))
    def ask_stripe(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        known = [account for account in queryset if account.stripe_customer]
        failed = sum(not accounts.refreshed(account) for account in known)
        if failed:
            self.message_user(request, _("Stripe could not be asked about some of them."), messages.ERROR)
        asked = len(known) - failed
        text = ngettext("%d account is up to date.", "%d accounts are up to date.", asked) % asked
        self.message_user(request, text)


class WaitingRows(ModelAdmin):
    """Rows that only the system writes: staff look, and let what failed run again."""

    date_hierarchy = "created_at"
    actions = ("again",)
    ordering = ("-created_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(StripeEvent)
class StripeEventAdmin(WaitingRows):
    list_display = ("type", "status", "organization", "attempts", "happened_at", "finished_at", "event_id")
    list_select_related = ("organization",)
    list_filter = ("status", "type", "happened_at")
    search_fields = ("event_id", "customer", "type", "organization__name", "organization__slug")
    readonly_fields = tuple(field.name for field in StripeEvent._meta.fields)

    @admin.action(description=_("Run again"), permissions=["view"])
    def again(self, request: HttpRequest, queryset: QuerySet[StripeEvent]) -> None:
        for event in queryset:
            stripe_events.again(event)
            self.log_change(request, event, "Run again")
        text = ngettext("%d event runs again.", "%d events run again.", len(queryset)) % len(queryset)
        self.message_user(request, text)


@admin.register(StripeCall)
class StripeCallAdmin(WaitingRows):
    list_display = ("kind", "key", "status", "organization_id", "attempts", "happened_at", "finished_at", "error")
    list_filter = ("status", "kind", "happened_at")
    search_fields = ("key", "customer")
    readonly_fields = tuple(field.name for field in StripeCall._meta.fields)

    @admin.action(description=_("Send those that failed again"), permissions=["view"])
    def again(self, request: HttpRequest, queryset: QuerySet[StripeCall]) -> None:
        sent = [call for call in queryset if outbox.again(call)]
        for call in sent:
            self.log_change(request, call, "Sent again")
        text = ngettext("%d call is sent again.", "%d calls are sent again.", len(sent)) % len(sent)
        self.message_user(request, text)


def _hide_the_rest() -> None:
    """SECURITY: dj-stripe registers every table of its own, those of keys and webhook secrets too."""
    for model in apps.get_app_config("djstripe").get_models():
        if admin.site.is_registered(model):
            admin.site.unregister(model)
        if model._meta.model_name in SHOWN:
            admin.site.register(model, MirrorAdmin)


class MirrorAdmin(ModelAdmin):
    """A copy of an object of Stripe's, as it was told to us last."""

    list_display = ("id", "livemode", "created", "djstripe_updated")
    search_fields = ("id",)
    list_filter = ("livemode", "created")
    fields = readonly_fields = ("id", "livemode", "created", "djstripe_updated", "metadata", "stripe_data")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


_hide_the_rest()
