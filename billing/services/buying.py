"""What may be bought: the rules that Checkout and a change of the subscription share."""

from __future__ import annotations

import stripe
from django.utils.translation import gettext as _

from billing.models import Account
from billing.plans import PLANS, Interval, Plan, PlanKey
from billing.quota import seats as taken_seats
from billing.quota.limits import SUBSCRIBED
from config.common.errors import Conflict, Invalid
from organizations.models import Organization

MOST_SEATS = 1000
Status = Account.Status


def is_subscribed(account: Account) -> bool:
    return bool(account.stripe_subscription) and account.status in SUBSCRIBED


def sellable(key: str) -> Plan:
    """The plan called `key`, if people can buy it. Raises Invalid."""
    plan = PLANS[PlanKey(key)] if key in list(PlanKey) else None
    if plan is None or not plan.for_sale:
        raise Invalid.field("plan", _("There is no such plan to buy."))
    return plan


def checked_seats(organization: Organization, plan: Plan, seats: int) -> int:
    """`seats`, or 1 where a plan is not sold by the seat. Raises Invalid where members would have none."""
    if not plan.per_seat:
        return 1
    least = max(1, taken_seats.taken(organization))
    if not least <= seats <= MOST_SEATS:
        text = _("Choose %(least)d to %(most)d seats: members and invitations take one each.")
        raise Invalid.field("seats", text % {"least": least, "most": MOST_SEATS})
    return seats


def price_id(client: stripe.StripeClient, lookup_key: str) -> str:
    """The price that has the key now. Raises Conflict where `billing sync` never ran."""
    found = client.v1.prices.list({"lookup_keys": [lookup_key], "active": True, "limit": 1}).data
    if not found:
        text = _("This plan cannot be bought at the moment. Please tell the operator of this service.")
        raise Conflict(text, error_type="billing_refused")
    return found[0].id


def plan_price_id(client: stripe.StripeClient, plan: Plan, interval: Interval) -> str:
    price = plan.price(interval)
    if price is None:
        raise Invalid.field("interval", _("This plan is not sold for this time."))
    return price_id(client, price.lookup_key)
