"""What the pages of prices and plans show, and what the API lists: each plan with what it costs now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from billing.models import Account
from billing.plans import OVERAGE, PLANS, Feature, Interval, Plan, PlanKey, plan_of
from billing.services import prices
from billing.services.buying import is_subscribed
from billing.services.prices import Amount


@dataclass(frozen=True, slots=True)
class Offer:
    plan: Plan
    monthly: Amount | None
    yearly: Amount | None
    overage: Amount | None

    @property
    def intervals(self) -> list[tuple[str, Amount]]:
        known = ((Interval.MONTH.value, self.monthly), (Interval.YEAR.value, self.yearly))
        return [(interval, amount) for interval, amount in known if amount is not None]


def all_of_them() -> list[Offer]:
    """Every plan that is sold or given to everybody, the smallest first, and the one that is agreed on."""
    return [_offer(plan) for key, plan in PLANS.items() if key != PlanKey.SELF_HOSTED]


def cost_of(account: Account) -> Amount | None:
    """What the account's subscription costs each interval, without what is measured; None where nothing is paid."""
    plan = plan_of(account)
    if not is_subscribed(account) or account.interval not in list(Interval) or plan.key != account.plan:
        return None
    one = prices.of_plan(plan, Interval(account.interval))
    return Amount(one.amount * account.seats, account.currency or one.currency) if one else None


def as_json(offer: Offer) -> dict[str, Any]:
    plan = offer.plan
    return {
        "key": plan.key.value,
        "name": str(plan.name),
        "included_seconds": plan.included_seconds,
        "storage_bytes": plan.storage_bytes,
        "seats": plan.seats,
        "max_concurrent_jobs": plan.max_concurrent_jobs,
        "per_seat": plan.per_seat,
        "trial_days": plan.trial_days,
        "prices": [_price_json(interval, amount) for interval, amount in offer.intervals],
        "overage_per_minute": {"amount": offer.overage.amount, "currency": offer.overage.currency}
        if offer.overage
        else None,
    }


def _price_json(interval: str, amount: Amount) -> dict[str, Any]:
    return {"interval": interval, "amount": amount.amount, "currency": amount.currency}


def _offer(plan: Plan) -> Offer:
    known = prices.current()
    overage = known[OVERAGE.key_for(Interval.MONTH)] if Feature.OVERAGE in plan.features else None
    return Offer(
        plan,
        known[plan.monthly.lookup_key] if plan.monthly else None,
        known[plan.yearly.lookup_key] if plan.yearly else None,
        overage,
    )
