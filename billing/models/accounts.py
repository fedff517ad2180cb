"""What an organization may use: its plan, as the subscription or the staff say it."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.plans import PLANS, PlanKey, grace, plan_of
from organizations.tenancy import OrganizationOwned

PLAN_NAMES = [(plan.key.value, plan.name) for plan in PLANS.values()]


def jobs_of_a_new_account() -> int | None:
    """Whoever makes the row first: from then on the SQL that claims work reads the right number."""
    return plan_of(None).max_concurrent_jobs


class Account(OrganizationOwned):
    """One per organization. `billing.plans.plan_of` says which plan holds; what is agreed on here wins over the plan.

    `billing.gateway.accounts` is the only writer of what comes from Stripe.
    """

    class Status(models.TextChoices):
        """Of the subscription. Past due still works; read-only is what comes after the grace."""

        NONE = "none", _("No subscription")
        TRIALING = "trialing", _("Trial")
        ACTIVE = "active", _("Active")
        PAST_DUE = "past_due", _("Payment failed")
        READ_ONLY = "read_only", _("Read-only")
        CANCELED = "canceled", _("Ended")

    organization = models.OneToOneField(
        "organizations.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="billing_account",
    )
    # The staff's own agreement with this customer; null: what the plan says.
    included_seconds = models.PositiveBigIntegerField(_("audio seconds a month"), null=True, blank=True)
    max_storage_bytes = models.PositiveBigIntegerField(_("storage in bytes"), null=True, blank=True)
    agreed_seats = models.PositiveIntegerField(_("seats agreed"), null=True, blank=True)
    agreed_concurrent_jobs = models.PositiveIntegerField(_("jobs at the same time agreed"), null=True, blank=True)
    # The organization's own: how much past the included time it is willing to pay for; null: no end, 0: nothing.
    overage_cap_seconds = models.PositiveBigIntegerField(_("most extra seconds a period"), null=True, blank=True)
    # Worked out of the plan and the agreement, for the SQL that claims work; null: unlimited.
    max_concurrent_jobs = models.PositiveIntegerField(
        _("jobs at the same time"), null=True, blank=True, default=jobs_of_a_new_account
    )

    # A gift of the staff's; it holds in place of the subscription's plan.
    comp_plan = models.CharField(_("plan given"), max_length=20, blank=True, choices=PLAN_NAMES)
    comp_until = models.DateTimeField(_("given until"), null=True, blank=True)
    comp_note = models.CharField(_("why it was given"), max_length=200, blank=True)

    plan = models.CharField(_("plan"), max_length=20, default=PlanKey.FREE.value, choices=PLAN_NAMES)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.NONE)
    interval = models.CharField(_("billed every"), max_length=5, blank=True)
    seats = models.PositiveIntegerField(_("seats bought"), default=1)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    period_start = models.DateTimeField(_("period from"), null=True, blank=True)
    period_end = models.DateTimeField(_("period to"), null=True, blank=True)
    trial_end = models.DateTimeField(_("trial until"), null=True, blank=True)
    # One trial per organization, however often it comes back.
    trial_used = models.BooleanField(_("had its trial"), default=False)
    cancel_at_period_end = models.BooleanField(_("ends with the period"), default=False)
    past_due_since = models.DateTimeField(_("payment failed on"), null=True, blank=True)
    stripe_customer = models.CharField(_("customer in Stripe"), max_length=255, blank=True)
    stripe_subscription = models.CharField(_("subscription in Stripe"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("billing account")
        verbose_name_plural = _("billing accounts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["none", "trialing", "active", "past_due", "read_only", "canceled"]),
                name="account_status_known",
            ),
            # SECURITY: a customer of Stripe pays for one organization; what it pays opens no second one.
            models.UniqueConstraint(
                fields=["stripe_customer"], condition=~models.Q(stripe_customer=""), name="account_customer_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.organization)

    @property
    def read_only_from(self) -> datetime | None:
        """When one that is past due will only be readable."""
        return self.past_due_since + grace() if self.past_due_since else None
