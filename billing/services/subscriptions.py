"""Changing a subscription that is there: another plan, more seats, an end, and no end after all."""

from __future__ import annotations

from typing import Any

import stripe
from django.utils.translation import gettext as _

from billing.gateway import accounts, stripe_api
from billing.gateway.subscription_state import interval_of, metered_item, plan_item_id
from billing.models import Account
from billing.plans import Interval, Plan
from billing.services.buying import checked_seats, is_subscribed, plan_price_id, price_id, sellable
from config.common.errors import Conflict
from organizations.roles import Action
from organizations.tenancy import Caller

Json = dict[str, Any]
Status = Account.Status


def change(*, caller: Caller, plan: str = "", interval: str = "", seats: int | None = None) -> Account:
    """Another plan, interval or number of seats, at once; what is not named stays.

    What costs more is paid for now, for the rest of the period; what costs less is credited to the next invoice.
    Raises NotFound, Conflict `not_subscribed` or `payment_open`, PaymentFailed (and then nothing changed), Invalid.
    """
    account = _subscribed(caller)
    if account.status in (Status.PAST_DUE, Status.READ_ONLY):
        raise Conflict(_("Pay the open invoice first; then you can change the plan."), error_type="payment_open")
    wanted, every = sellable(plan or account.plan), Interval(interval) if interval else interval_of(account.interval)
    number = checked_seats(caller.organization, wanted, account.seats if seats is None else seats)
    with stripe_api.asking() as client:
        now = stripe_api.plain(client.v1.subscriptions.retrieve(account.stripe_subscription))
        client.v1.subscriptions.update(
            account.stripe_subscription,
            {
                "items": _items(client, now, wanted, every, number),
                "proration_behavior": "always_invoice",
                "payment_behavior": "error_if_incomplete",
                "cancel_at_period_end": False,
            },
        )
        return _refreshed(account, caller)


def cancel(*, caller: Caller) -> Account:
    """End the subscription with the period that is paid for. Doing it twice changes nothing."""
    return _end(caller, at_period_end=True)


def resume(*, caller: Caller) -> Account:
    """Let a subscription that would end go on."""
    return _end(caller, at_period_end=False)


def refresh(*, caller: Caller) -> Account:
    """Ask Stripe how things stand, for who comes back from its pages before its events do."""
    caller.require(Action.BILLING_MANAGE)
    stripe_api.require()
    account = accounts.account_of(caller.organization)
    if not account.stripe_customer:
        return account
    with stripe_api.asking():
        return _refreshed(account, caller)


def _end(caller: Caller, *, at_period_end: bool) -> Account:
    account = _subscribed(caller)
    with stripe_api.asking() as client:
        client.v1.subscriptions.update(account.stripe_subscription, {"cancel_at_period_end": at_period_end})
        return _refreshed(account, caller)


def _subscribed(caller: Caller) -> Account:
    caller.require(Action.BILLING_MANAGE)
    stripe_api.require()
    account = accounts.account_of(caller.organization)
    if not is_subscribed(account):
        text = _("This organization has no subscription. Choose a plan first.")
        raise Conflict(text, error_type="not_subscribed")
    return account


def _refreshed(account: Account, caller: Caller) -> Account:
    return accounts.refresh(account.stripe_customer, actor=caller) or account


def _items(client: stripe.StripeClient, now: Json, plan: Plan, interval: Interval, seats: int) -> Any:
    items: list[Json] = [
        {"id": plan_item_id(now), "price": plan_price_id(client, plan, interval), "quantity": seats},
    ]
    measured = metered_item(now)
    wanted = price_id(client, plan.overage.key_for(interval)) if plan.overage else None
    if measured is None and wanted:
        items.append({"price": wanted})
    elif measured is not None and measured["price"]["id"] != wanted:
        items.append({"id": measured["id"], "price": wanted} if wanted else {"id": measured["id"], "deleted": True})
    return items
