"""Customers who pay twice: a second subscription, made in Stripe's dashboard, say, for our Checkout makes none.

One is kept, the others are ended at once with credit for what was paid and is not used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import stripe
from django.db import transaction

from accounts.models import User
from billing.gateway import accounts, locks, stripe_api
from billing.gateway.subscription_state import LIVE, buys_a_plan, metered_item
from billing.models import Account
from organizations import audit

Json = dict[str, Any]
# Which status says more for keeping a subscription; those that are not here say nothing.
WORTH = {"active": 2, "trialing": 2, "past_due": 1}


@dataclass(frozen=True, slots=True)
class Double:
    account: Account
    kept: str
    ended: tuple[str, ...]
    """Ids of subscriptions: the one to keep, and those that are too many."""


def found() -> Iterator[Double]:
    """Every customer of ours with more than one live subscription. Raises stripe.StripeError."""
    by_customer: defaultdict[str, list[Json]] = defaultdict(list)
    for one in stripe_api.client().v1.subscriptions.list({"limit": 100}).auto_paging_iter():
        by_customer[str(one.customer)].append(stripe_api.plain(one))
    for customer, subscriptions in by_customer.items():
        account = accounts.of_customer(customer) if len(subscriptions) > 1 else None
        double = _double(account, subscriptions) if account else None
        if double:
            yield double


@transaction.atomic
def end(account: Account, *, staff: User | None = None) -> tuple[str, ...]:
    """End what is too many; the ids. Asked anew, one at a time: twice does no more. Raises stripe.StripeError."""
    locks.hold(account.stripe_customer)
    subscriptions = stripe_api.subscriptions_of(account.stripe_customer)
    double = _double(account, subscriptions)
    if double is None:
        return ()
    by_id = {one["id"]: one for one in subscriptions}
    for one in double.ended:
        _end(by_id[one])
    data = {"kept": double.kept, "ended": list(double.ended)}
    organization = account.organization
    audit.record(
        organization=organization,
        action="subscription.doubles_ended",
        actor=staff,
        target=account,
        data=data,
        staff=True,
    )
    accounts.refresh(account.stripe_customer)
    return double.ended


def _double(account: Account, subscriptions: list[Json]) -> Double | None:
    live = sorted((one for one in subscriptions if one["status"] in LIVE), key=lambda one: _worth(account, one))
    if len(live) < 2:  # noqa: PLR2004 - two are one too many
        return None
    *rest, best = live
    return Double(account, best["id"], tuple(one["id"] for one in rest))


def _worth(account: Account, subscription: Json) -> tuple[bool, int, bool, bool, int]:
    """The greatest is kept: it buys a plan of ours, is paid, goes on, is the one that we know, is the oldest."""
    ends = bool(subscription.get("cancel_at_period_end") or subscription.get("cancel_at"))
    return (
        buys_a_plan(subscription),
        WORTH.get(subscription["status"], 0),
        not ends,
        subscription["id"] == account.stripe_subscription,
        -int(subscription["created"]),
    )


def _end(subscription: Json) -> None:
    """Without its measured line: the customer's minutes are billed by the one that is kept."""
    client, measured = stripe_api.client(), metered_item(subscription)
    try:
        if measured is not None and len(subscription["items"]["data"]) > 1:
            without: Any = {"items": [{"id": measured["id"], "deleted": True}], "proration_behavior": "none"}
            client.v1.subscriptions.update(subscription["id"], without)
        client.v1.subscriptions.cancel(subscription["id"], {"invoice_now": True, "prorate": True})
    except stripe.InvalidRequestError as error:
        if error.code != "resource_missing":
            raise
