"""Changing a subscription that is there: another plan, more seats, an end, and no end after all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from billing.gateway import accounts, stripe_api
from billing.models import Account
from billing.services import changes
from organizations.roles import Action
from organizations.tenancy import Caller


def change(
    *,
    caller: Caller,
    plan: str = "",
    interval: str = "",
    seats: int | None = None,
    proration_at: datetime | None = None,
) -> Account:
    """Another plan, interval or number of seats, at once; what is not named stays.

    What costs more is paid for now, for the rest of the period; what costs less is credited to the next invoice.
    `proration_at`: of the preview that was agreed to, so that its amounts hold to the cent.
    Raises NotFound, Conflict `not_subscribed`, `payment_open` or `preview_expired`, PaymentFailed (and then nothing
    changed), Invalid.
    """
    wanted = changes.wanted(caller, plan=plan, interval=interval, seats=seats)
    with stripe_api.asking() as client:
        known = stripe_api.plain(client.v1.subscriptions.retrieve(wanted.account.stripe_subscription))
        params: Any = {
            "items": changes.items(client, known, wanted),
            "proration_behavior": "always_invoice",
            "payment_behavior": "error_if_incomplete",
            "cancel_at_period_end": False,
        }
        if proration_at:
            params["proration_date"] = changes.prorated_from(known, shown=int(proration_at.timestamp()))
        client.v1.subscriptions.update(known["id"], params)
        return _refreshed(wanted.account, caller)


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
    account = changes.subscribed(caller)
    with stripe_api.asking() as client:
        client.v1.subscriptions.update(account.stripe_subscription, {"cancel_at_period_end": at_period_end})
        return _refreshed(account, caller)


def _refreshed(account: Account, caller: Caller) -> Account:
    return accounts.refresh(account.stripe_customer, actor=caller) or account
