"""What is to become of a subscription that is there: the plan, interval and seats that somebody wants instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import stripe
from django.utils.translation import gettext as _

from billing.gateway import accounts, stripe_api
from billing.gateway.subscription_state import interval_of, metered_item, plan_item, plan_item_id
from billing.models import Account
from billing.plans import Interval, Plan
from billing.services.buying import checked_seats, is_subscribed, plan_price_id, price_id, sellable
from config.common.clock import now
from config.common.errors import Conflict
from organizations.roles import Action
from organizations.tenancy import Caller

Json = dict[str, Any]
Status = Account.Status
# For how long amounts that were shown may be agreed to.
SHOWN_SECONDS = 30 * 60


@dataclass(frozen=True, slots=True)
class Change:
    account: Account
    plan: Plan
    interval: Interval
    seats: int

    @property
    def is_none(self) -> bool:
        """Whether the subscription is like that already, and goes on."""
        known = (self.account.plan, self.account.interval, self.account.seats)
        wanted = (self.plan.key.value, self.interval.value, self.seats)
        return known == wanted and not self.account.cancel_at_period_end


def wanted(caller: Caller, *, plan: str = "", interval: str = "", seats: int | None = None) -> Change:
    """What is not named stays as it is. Raises NotFound, Conflict `not_subscribed` or `payment_open`, Invalid."""
    account = subscribed(caller)
    if account.status in (Status.PAST_DUE, Status.READ_ONLY):
        raise Conflict(_("Pay the open invoice first; then you can change the plan."), error_type="payment_open")
    chosen, every = sellable(plan or account.plan), Interval(interval) if interval else interval_of(account.interval)
    number = checked_seats(caller.organization, chosen, account.seats if seats is None else seats)
    return Change(account, chosen, every, number)


def subscribed(caller: Caller) -> Account:
    """Raises PermissionDenied, NotFound without a key, Conflict `not_subscribed`."""
    caller.require(Action.BILLING_MANAGE)
    stripe_api.require()
    account = accounts.account_of(caller.organization)
    if not is_subscribed(account):
        text = _("This organization has no subscription. Choose a plan first.")
        raise Conflict(text, error_type="not_subscribed")
    return account


def items(client: stripe.StripeClient, subscription: Json, change: Change) -> list[Any]:
    """The lines of the subscription as they shall be, the one that measures minutes included."""
    plan, interval = change.plan, change.interval
    lines: list[Json] = [
        {
            "id": plan_item_id(subscription),
            "price": plan_price_id(client, plan, interval),
            "quantity": change.seats,
        },
    ]
    measured = metered_item(subscription)
    wanted = price_id(client, plan.overage.key_for(interval)) if plan.overage else None
    if measured is None and wanted:
        lines.append({"price": wanted})
    elif measured is not None and measured["price"]["id"] != wanted:
        lines.append({"id": measured["id"], "price": wanted} if wanted else {"id": measured["id"], "deleted": True})
    return lines


def prorated_from(subscription: Json, shown: int | None = None) -> int:
    """The moment from which the change counts, in seconds: now, or the one whose amounts were `shown`.

    SECURITY: who could name any moment would be credited for time that is used up. Raises Conflict `preview_expired`.
    """
    item = plan_item(subscription)
    start, end = int(item["current_period_start"]), int(item["current_period_end"])
    moment = min(max(int(now().timestamp()), start), end - 1)
    if shown is None:
        return moment
    if not max(moment - SHOWN_SECONDS, start) <= shown <= moment:
        text = _("The amounts that you saw hold no more. Look at them again.")
        raise Conflict(text, error_type="preview_expired")
    return shown
