"""What a change would cost before it is made: two invoices that Stripe works out and nobody gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import stripe
from django.utils.translation import gettext as _

from billing.gateway import stripe_api
from billing.plans import Interval, Plan
from billing.services import changes
from billing.services.changes import Change
from config.common.errors import Invalid
from organizations.tenancy import Caller

Json = dict[str, Any]
# By how much Stripe's clock may be ahead of ours, the time of the call in it.
SKEW_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Preview:
    """Amounts are integers of the currency's smallest unit. `proration_at` is to be named when the change is made."""

    plan: Plan
    interval: Interval
    seats: int
    currency: str
    charge: int
    """What the new choice costs for the time that it is paid for now."""
    credit: int
    """What is given back for the time that was paid for and is not used: zero or more."""
    discount: int
    tax: int
    balance: int
    """What earlier credits pay of it."""
    due: int
    credited: int
    """What is over, and pays for the next invoices."""
    next_amount: int
    next_at: datetime
    proration_at: datetime


def of(*, caller: Caller, plan: str = "", interval: str = "", seats: int | None = None) -> Preview:
    """Nothing is changed by asking. Raises what `subscriptions.change` raises; Invalid where nothing would change."""
    change = changes.wanted(caller, plan=plan, interval=interval, seats=seats)
    if change.is_none:
        raise Invalid.field("plan", _("Nothing would change."))
    with stripe_api.asking() as client:
        known = stripe_api.plain(client.v1.subscriptions.retrieve(change.account.stripe_subscription))
        moment = changes.prorated_from(known)
        details = {"items": changes.items(client, known, change), "cancel_at_period_end": False}
        prorated = {"proration_behavior": "always_invoice", "proration_date": moment}
        at_once = _asked(client, known["id"], {**details, **prorated})
        next_one = _asked(client, known["id"], {**details, "proration_behavior": "none"})
    return _preview(change, moment, at_once, next_one)


def _asked(client: stripe.StripeClient, subscription: str, details: Any) -> Json:
    params: Any = {"subscription": subscription, "subscription_details": details}
    return stripe_api.plain(client.v1.invoices.create_preview(params))


def _preview(change: Change, moment: int, at_once: Json, next_one: Json) -> Preview:
    amounts = [int(line["amount"]) for line in at_once["lines"]["data"]]
    total, due = int(at_once["total"]), int(at_once["amount_due"])
    return Preview(
        plan=change.plan,
        interval=change.interval,
        seats=change.seats,
        currency=at_once["currency"],
        charge=sum(amount for amount in amounts if amount > 0),
        credit=-sum(amount for amount in amounts if amount < 0),
        discount=_sum(at_once.get("total_discount_amounts")),
        tax=_sum(at_once.get("total_taxes")),
        balance=max(0, total) - due,
        due=due,
        credited=max(0, -total),
        next_amount=int(next_one["total"]),
        next_at=_next(next_one, moment),
        proration_at=datetime.fromtimestamp(moment, UTC),
    )


def _sum(rows: list[Json] | None) -> int:
    return sum(int(row["amount"]) for row in rows or [])


def _next(invoice: Json, moment: int) -> datetime:
    """When it is due. With another interval a new period begins at once, and the invoice after that is meant."""
    periods = [line["period"] for line in invoice["lines"]["data"]]
    latest = max(periods, key=lambda one: int(one["end"]))
    begins = int(latest["start"])
    return datetime.fromtimestamp(begins if begins > moment + SKEW_SECONDS else int(latest["end"]), UTC)
