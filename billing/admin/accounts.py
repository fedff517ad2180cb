"""Accounts in the staff's admin."""

from __future__ import annotations

from typing import Any

import stripe
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from accounts.models import User
from billing.admin import ledger  # noqa: F401 - importing registers
from billing.gateway import accounts
from billing.gateway.subscription_state import State, UnknownPrice
from billing.models import Account
from billing.services import doubles


@admin.register(Account)
class AccountAdmin(ModelAdmin):
    """Staff agree on limits and give plans; what comes from Stripe is changed in Stripe."""

    list_display = ("organization", "plan", "status", "comp_plan", "comp_until", "seats", "period_end", "updated_at")
    list_select_related = ("organization",)
    list_filter = ("status", "plan", "comp_plan", "updated_at")
    search_fields = ("organization__name", "organization__slug", "stripe_customer", "stripe_subscription")
    autocomplete_fields = ("organization",)
    actions = ("ask_stripe", "end_doubles")
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

    @admin.action(description=_("Ask Stripe how things stand"), permissions=["change"])
    def ask_stripe(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        known = [account for account in queryset if account.stripe_customer]
        failed = sum(not accounts.refreshed(account) for account in known)
        if failed:
            self.message_user(request, _("Stripe could not be asked about some of them."), messages.ERROR)
        asked = len(known) - failed
        text = ngettext("%d account is up to date.", "%d accounts are up to date.", asked) % asked
        self.message_user(request, text)

    @admin.action(description=_("End second subscriptions, with credit"), permissions=["change"])
    def end_doubles(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        staff = request.user if isinstance(request.user, User) else None
        try:
            ended = sum(len(doubles.end(account, staff=staff)) for account in queryset if account.stripe_customer)
        except (stripe.StripeError, UnknownPrice):
            self.message_user(request, _("Stripe could not be asked about some of them."), messages.ERROR)
            return
        text = ngettext("%d subscription was ended.", "%d subscriptions were ended.", ended) % ended
        self.message_user(request, text)
