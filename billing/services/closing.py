"""When an organization is deleted, nothing may go on being paid for it."""

from __future__ import annotations

import uuid

from billing.gateway import mirror, outbox
from billing.models import Account, StripeCall
from billing.quota.limits import SUBSCRIBED
from organizations.models import Organization


def close(organization: Organization) -> None:
    """Its subscription is not renewed: nobody can use it, nor reach the page that ends it."""
    account = _account(organization)
    if account is not None and account.status in SUBSCRIBED and not account.cancel_at_period_end:
        _call("close", account)


def reopen(organization: Organization) -> None:
    """It is renewed as before, unless its people had ended it themselves."""
    account = _account(organization)
    calls = StripeCall.objects.filter(kind=StripeCall.Kind.CANCEL, organization_id=organization.pk)
    last = calls.order_by("-created_at").first()
    if account is not None and last is not None and last.payload.get("why") == "close":
        _call("reopen", account)


def settle(organization: Organization) -> None:
    """End its subscriptions, by a call that outlives it, and forget the copies of what Stripe knows of its people.

    Stripe is asked for them then: one may have begun since we heard of them last.
    """
    account = _account(organization)
    if account is not None:
        _call("cancel", account)
        mirror.forget(account.stripe_customer)


def _account(organization: Organization) -> Account | None:
    """That of an organization which ever began to buy something."""
    account: Account | None = Account.objects.filter(organization=organization).exclude(stripe_customer="").first()
    return account


def _call(why: str, account: Account) -> None:
    """What is to be done, the call finds out when it is sent: an organization may be deleted and brought back twice."""
    outbox.put(
        kind=StripeCall.Kind.CANCEL,
        key=f"{why}-{account.organization_id}-{uuid.uuid4().hex}",
        organization_id=account.organization_id,
        customer=account.stripe_customer,
        payload={"why": why},
    )
