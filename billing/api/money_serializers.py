"""What /api/v1/billing accepts and answers. Amounts are integers of the currency's smallest unit."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from billing.models import Account
from billing.plans import PLANS, Interval
from billing.services.buying import MOST_SEATS
from billing.services.invoices import MOST
from config.common.api import StrictSerializer

SOLD = [plan.key.value for plan in PLANS.values() if plan.for_sale]
INTERVALS = [interval.value for interval in Interval]


class CheckoutSerializer(StrictSerializer):
    plan = serializers.ChoiceField(SOLD)
    interval = serializers.ChoiceField(INTERVALS, default=Interval.MONTH.value)
    seats = serializers.IntegerField(min_value=1, max_value=MOST_SEATS, default=1, help_text="For plans by the seat.")


class WantedSubscriptionSerializer(StrictSerializer):
    """Another plan, interval or number of seats; what is left out stays."""

    plan = serializers.ChoiceField(SOLD, required=False)
    interval = serializers.ChoiceField(INTERVALS, required=False)
    seats = serializers.IntegerField(min_value=1, max_value=MOST_SEATS, required=False)


class ChangeSubscriptionSerializer(WantedSubscriptionSerializer):
    """Either another plan, interval or number of seats, or whether it ends."""

    proration_at = serializers.DateTimeField(
        required=False, help_text="Of the preview that was agreed to: its amounts hold to the cent for 30 minutes."
    )
    cancel_at_period_end = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError(_("Say what should change."))
        if "cancel_at_period_end" in attrs and len(attrs) > 1:
            raise serializers.ValidationError(_("Send `cancel_at_period_end` alone."))
        if attrs.keys() == {"proration_at"}:
            raise serializers.ValidationError(_("Say what should change."))
        return attrs


class InvoiceQuerySerializer(StrictSerializer):
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MOST, default=24)
    cursor = serializers.RegexField(r"^[A-Za-z0-9_]+$", required=False, max_length=255)


class AddressSerializer(serializers.Serializer[Any]):
    url = serializers.URLField(help_text="Send the person's browser there.")


class PlanPriceSerializer(serializers.Serializer[Any]):
    interval = serializers.ChoiceField(INTERVALS)
    amount = serializers.IntegerField()
    currency = serializers.CharField()


class OveragePriceSerializer(serializers.Serializer[Any]):
    amount = serializers.IntegerField()
    currency = serializers.CharField()


class PlanSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    included_seconds = serializers.IntegerField(allow_null=True, help_text="A month; null is unlimited or agreed on.")
    storage_bytes = serializers.IntegerField(allow_null=True)
    seats = serializers.IntegerField(allow_null=True, help_text="Null: as many as are bought.")
    max_concurrent_jobs = serializers.IntegerField(allow_null=True)
    per_seat = serializers.BooleanField(help_text="Whether price, seconds and bytes are those of one seat.")
    trial_days = serializers.IntegerField()
    prices = PlanPriceSerializer(many=True)
    overage_per_minute = OveragePriceSerializer(allow_null=True)


class PlanListSerializer(serializers.Serializer[Any]):
    data = PlanSerializer(many=True)  # type: ignore[assignment] # an answer's field, not the input


class SubscriptionSerializer(serializers.Serializer[Any]):
    plan = serializers.CharField()
    status = serializers.ChoiceField(Account.Status.values)
    interval = serializers.ChoiceField(INTERVALS, allow_null=True)
    seats = serializers.IntegerField()
    period_start = serializers.DateTimeField(allow_null=True)
    period_end = serializers.DateTimeField(allow_null=True)
    trial_end = serializers.DateTimeField(allow_null=True)
    cancel_at_period_end = serializers.BooleanField()
    read_only_from = serializers.DateTimeField(allow_null=True, help_text="While a payment is open.")
    given_until = serializers.DateTimeField(allow_null=True, help_text="While the operator gives a plan for a time.")


class PreviewSerializer(serializers.Serializer[Any]):
    """`due` is `charge` - `credit` - `discount` + `tax` - `balance`, or 0 where that is below zero."""

    plan = serializers.CharField()
    interval = serializers.ChoiceField(INTERVALS)
    seats = serializers.IntegerField()
    currency = serializers.CharField()
    charge = serializers.IntegerField(help_text="What the choice costs for the time that is paid for now.")
    credit = serializers.IntegerField(help_text="Given back for time that was paid for and is not used.")
    discount = serializers.IntegerField()
    tax = serializers.IntegerField()
    balance = serializers.IntegerField(help_text="What earlier credits pay of it.")
    due = serializers.IntegerField(help_text="What is charged at once.")
    credited = serializers.IntegerField(help_text="What is over; it pays for the next invoices.")
    next_amount = serializers.IntegerField(help_text="The next invoice, minutes past the included ones so far in it.")
    next_at = serializers.DateTimeField()
    proration_at = serializers.DateTimeField(help_text="Sent with the change, these amounts hold for 30 minutes.")


class InvoiceSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    number = serializers.CharField()
    status = serializers.ChoiceField(["open", "paid", "uncollectible", "void"])
    total = serializers.IntegerField()
    due = serializers.IntegerField()
    currency = serializers.CharField()
    created_at = serializers.DateTimeField()
    url = serializers.CharField(allow_null=True, help_text="Where it can be looked at and paid.")
    pdf_url = serializers.CharField(allow_null=True)
