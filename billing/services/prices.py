"""What the plans cost at this moment: Stripe's prices, the table's where Stripe cannot be asked."""

from __future__ import annotations

from dataclasses import dataclass

import stripe
import structlog
from django.conf import settings
from django.core.cache import cache

from billing.gateway import stripe_api
from billing.plans import OVERAGE, PLANS, Interval, Plan

logger = structlog.get_logger(__name__)
SECONDS = 600
AGAIN_SECONDS = 30
KEY = "billing.prices"


@dataclass(frozen=True, slots=True)
class Amount:
    """`amount`: an integer of the currency's smallest unit."""

    amount: int
    currency: str


def current() -> dict[str, Amount]:
    """By lookup key. Asked for once in ten minutes; the page of prices must not be as slow as Stripe."""
    found: dict[str, Amount] | None = cache.get(KEY)
    if found is None:
        found, seconds = _asked()
        cache.set(KEY, found, seconds)
    return {**_of_the_table(), **found}


def forget() -> None:
    cache.delete(KEY)


def of_plan(plan: Plan, interval: Interval) -> Amount | None:
    price = plan.price(interval)
    return current()[price.lookup_key] if price else None


def _asked() -> tuple[dict[str, Amount], int]:
    keys = list(_of_the_table())
    try:
        rows = stripe_api.client().v1.prices.list({"lookup_keys": keys, "active": True, "limit": 100}).data
    except stripe.StripeError as error:
        logger.warning("prices_unknown", error=type(error).__name__)
        return {}, AGAIN_SECONDS
    known = {row.lookup_key: Amount(row.unit_amount or 0, row.currency) for row in rows if row.lookup_key}
    return known, SECONDS


def _of_the_table() -> dict[str, Amount]:
    amounts = {price.lookup_key: price.amount for plan in PLANS.values() for price in plan.prices}
    amounts |= {OVERAGE.key_for(interval): OVERAGE.amount_per_minute for interval in Interval}
    return {key: Amount(amount, settings.BILLING_CURRENCY) for key, amount in amounts.items()}
