"""What a subscription, as Stripe tells it, means for an account. Pure: no database, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.models import Account
from billing.plans import PLANS, Interval, PlanKey

Json = Mapping[str, Any]
Status = Account.Status
# Written on every price that `billing sync` makes: an old price still tells its plan when its lookup key moved on.
PLAN = "tadwin_plan"
UNPAID = frozenset({"past_due", "unpaid", "paused"})
LIVE = frozenset({"trialing", "active", *UNPAID})
# What can't become live any more; a first payment that is open (`incomplete`) still can.
ENDED = frozenset({"canceled", "incomplete_expired"})


class UnknownPrice(Exception):
    """A subscription to something that is none of our plans."""


@dataclass(frozen=True, slots=True)
class State:
    """The part of an account that a subscription decides; a State without arguments is that of nobody's customer."""

    plan: str = PlanKey.FREE.value
    status: str = Status.NONE.value
    interval: str = ""
    seats: int = 1
    currency: str = ""
    period_start: datetime | None = None
    period_end: datetime | None = None
    trial_end: datetime | None = None
    cancel_at_period_end: bool = False
    past_due_since: datetime | None = None
    stripe_subscription: str = ""


def chosen(subscriptions: Iterable[Json], known: str) -> Json | None:
    """The one that counts: a live one, the one we know before others, else the newest that ended.

    Two live ones are an accident (two windows of Checkout paid at once). Staying with the one that we know keeps the
    state from jumping to and fro.
    """
    newest_first = sorted(subscriptions, key=lambda one: int(one["created"]), reverse=True)
    live = [one for one in newest_first if one["status"] in LIVE]
    return next((one for one in live if one["id"] == known), None) or next(iter(live or newest_first), None)


def state_of(
    subscription: Json | None, *, past_due_since: datetime | None, moment: datetime, grace: timedelta
) -> State:
    """`past_due_since`: what was known until now. Raises UnknownPrice for a live one that buys no plan of ours."""
    if subscription is None:
        return State()
    if subscription["status"] not in LIVE:
        ended = subscription["status"] == "canceled"
        return State(status=(Status.CANCELED if ended else Status.NONE).value, stripe_subscription=subscription["id"])
    item = plan_item(subscription)
    plan = PLANS[PlanKey(_plan_key(item["price"]))]
    since = (past_due_since or moment) if subscription["status"] in UNPAID else None
    return State(
        plan=plan.key.value,
        status=_status(subscription["status"], since, moment, grace),
        interval=item["price"]["recurring"]["interval"],
        seats=int(item.get("quantity") or 1),
        currency=subscription.get("currency") or item["price"].get("currency") or "",
        period_start=_moment(item.get("current_period_start") or subscription.get("current_period_start")),
        period_end=_moment(item.get("current_period_end") or subscription.get("current_period_end")),
        trial_end=_moment(subscription.get("trial_end")) if subscription["status"] == "trialing" else None,
        cancel_at_period_end=bool(subscription.get("cancel_at_period_end") or subscription.get("cancel_at")),
        past_due_since=since,
        stripe_subscription=subscription["id"],
    )


def _status(theirs: str, since: datetime | None, moment: datetime, grace: timedelta) -> str:
    """Past due goes on working for the grace; what Stripe itself has given up collecting can only be read."""
    if theirs == "past_due":
        over = since is not None and moment >= since + grace
        return (Status.READ_ONLY if over else Status.PAST_DUE).value
    return {"trialing": Status.TRIALING, "active": Status.ACTIVE}.get(theirs, Status.READ_ONLY).value


def plan_item(subscription: Json) -> Json:
    """The line that buys the plan, not the one that measures minutes."""
    for item in subscription["items"]["data"]:
        if _plan_key(item["price"]):
            found: Json = item
            return found
    raise UnknownPrice(f"{subscription['id']} has no price of a plan. Give its price the metadata {PLAN}=<plan>.")


def buys_a_plan(subscription: Json) -> bool:
    """Whether one of its lines is a plan of ours."""
    return any(_plan_key(item["price"]) for item in subscription["items"]["data"])


def plan_item_id(subscription: Json) -> str:
    return str(plan_item(subscription)["id"])


def metered_item(subscription: Json) -> Json | None:
    """The line that measures minutes past the included ones, if there is one."""
    lines = subscription["items"]["data"]
    return next((one for one in lines if one["price"]["recurring"].get("usage_type") == "metered"), None)


def _plan_key(price: Json) -> str:
    """By the metadata, else by the lookup key; empty for a price that is no plan's."""
    if (price.get("recurring") or {}).get("usage_type") == "metered":
        return ""
    named = (price.get("metadata") or {}).get(PLAN, "")
    if named in list(PlanKey):
        return str(named)
    owners = (plan.key.value for plan in PLANS.values() for one in plan.prices if one.lookup_key == price["lookup_key"])
    return next(owners, "")


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def interval_of(name: str) -> Interval:
    """The account's interval; monthly where there is none yet."""
    return Interval(name) if name in list(Interval) else Interval.MONTH
