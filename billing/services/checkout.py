"""Ways to Stripe's own pages: Checkout for the first purchase, the portal for cards, tax ids and old invoices."""

from __future__ import annotations

from typing import Any

import stripe
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from billing.gateway import accounts, locks, stripe_api
from billing.gateway.subscription_state import LIVE
from billing.models import Account
from billing.plans import Interval, Plan
from billing.services.buying import checked_seats, is_subscribed, plan_price_id, price_id, sellable
from config.common.clock import now
from config.common.errors import Conflict
from organizations import audit
from organizations.models import Organization
from organizations.roles import Action
from organizations.tenancy import Caller

# What a Checkout is for, written on it: who wants the same again gets the same page.
CHOICE = "tadwin_choice"


def start(*, caller: Caller, plan: str, interval: str, seats: int = 1) -> str:
    """The address of a Checkout that buys `plan`. What was bought shows when Stripe has told us.

    Raises NotFound without a key, Conflict `already_subscribed`, Invalid, Unavailable.
    """
    caller.require(Action.BILLING_MANAGE)
    stripe_api.require()
    wanted, every = sellable(plan), Interval(interval)
    seats = checked_seats(caller.organization, wanted, seats)
    account = accounts.account_of(caller.organization)
    if is_subscribed(account):
        raise _subscribed_already()
    with stripe_api.asking() as client:
        customer = _customer(client, account, caller)
        address = _opened(client, account, _session(account, customer, wanted, _lines(client, wanted, every, seats)))
        if not address:
            accounts.refresh(customer, actor=caller)  # paid in another window, and we have not heard of it yet
            raise _subscribed_already()
    audit.record(
        organization=caller.organization,
        action="subscription.checkout",
        actor=caller,
        target=account,
        data={"plan": wanted.key, "interval": every, "seats": seats},
    )
    return address


def portal(*, caller: Caller) -> str:
    """The address of Stripe's portal for this organization. Raises NotFound, Conflict `not_subscribed`, Unavailable."""
    caller.require(Action.BILLING_MANAGE)
    stripe_api.require()
    account = accounts.account_of(caller.organization)
    if not account.stripe_customer:
        text = _("This organization has not bought anything yet. Choose a plan first.")
        raise Conflict(text, error_type="not_subscribed")
    params: Any = {"customer": account.stripe_customer, "return_url": _address("plan", caller.organization)}
    with stripe_api.asking() as client:
        known = client.v1.billing_portal.configurations.list({"active": True, "limit": 100}).data
        ours = next((one.id for one in known if stripe_api.is_ours(one)), None)
        session = client.v1.billing_portal.sessions.create({**params, **({"configuration": ours} if ours else {})})
    return str(session.url)


@transaction.atomic
def _customer(client: stripe.StripeClient, account: Account, caller: Caller) -> str:
    """The organization's customer, made at its first purchase; two at once make one."""
    locks.hold(f"customer-of-{account.pk}")
    account.refresh_from_db()
    if account.stripe_customer:
        return str(account.stripe_customer)
    params: Any = {
        "name": caller.organization.name,
        "email": caller.user.email if caller.user else "",
        "preferred_locales": [translation.get_language() or "en"],
        "metadata": {"tadwin_organization": str(caller.organization.pk)},
    }
    made = client.v1.customers.create(params)
    Account.objects.filter(pk=account.pk).update(stripe_customer=made.id, updated_at=now())
    return made.id


@transaction.atomic
def _opened(client: stripe.StripeClient, account: Account, session: Any) -> str:
    """The address of the only Checkout that is open for the customer; empty where one was paid already.

    One window at a time: what is open for the same choice is used again, what is open for another is closed first. So
    of two windows at most one can buy.
    """
    locks.hold(f"checkout-of-{account.pk}")
    customer, address = session["customer"], ""
    listed = client.v1.checkout.sessions.list({"customer": customer, "status": "open", "limit": 20})
    for one in map(stripe_api.plain, listed.data):
        if not address and one["url"] and (one.get("metadata") or {}).get(CHOICE) == session["metadata"][CHOICE]:
            address = str(one["url"])
        else:
            client.v1.checkout.sessions.expire(one["id"])
    if any(one["status"] in LIVE for one in stripe_api.subscriptions_of(customer)):
        return ""
    return address or str(client.v1.checkout.sessions.create(session).url)


def _subscribed_already() -> Conflict:
    text = _("This organization has a subscription. Change it instead of buying a second one.")
    return Conflict(text, error_type="already_subscribed")


def _lines(client: stripe.StripeClient, plan: Plan, interval: Interval, seats: int) -> list[Any]:
    lines: list[Any] = [{"price": plan_price_id(client, plan, interval), "quantity": seats}]
    if plan.overage:
        lines.append({"price": price_id(client, plan.overage.key_for(interval))})
    return lines


def _session(account: Account, customer: str, plan: Plan, lines: list[Any]) -> Any:
    data = _subscription(account, plan)
    choice = [*(f"{one['price']}x{one.get('quantity', 1)}" for one in lines), str(data.get("trial_period_days", 0))]
    return {
        "mode": "subscription",
        "customer": customer,
        "client_reference_id": str(account.organization_id),
        "line_items": lines,
        "subscription_data": data,
        "metadata": {CHOICE: " ".join(choice)},
        "payment_method_collection": "always",
        "allow_promotion_codes": True,
        "billing_address_collection": "auto",
        "tax_id_collection": {"enabled": True},
        "customer_update": {"name": "auto", "address": "auto"},
        "automatic_tax": {"enabled": settings.BILLING_AUTOMATIC_TAX},
        "locale": "auto",
        "success_url": _address("plan-done", account.organization),
        "cancel_url": _address("plan", account.organization),
    }


def _subscription(account: Account, plan: Plan) -> Any:
    """One trial for an organization, however often it comes back."""
    data: dict[str, Any] = {"metadata": {"tadwin_organization": str(account.organization_id)}}
    if plan.trial_days and not account.trial_used:
        data["trial_period_days"] = plan.trial_days
        data["trial_settings"] = {"end_behavior": {"missing_payment_method": "cancel"}}
    return data


def _address(name: str, organization: Organization) -> str:
    return f"{settings.PUBLIC_URL}{reverse(name, args=[organization.slug])}"
