"""When an organization goes for good, nothing may go on being paid for it."""

from __future__ import annotations

from billing.gateway import mirror, outbox
from billing.models import Account, StripeCall
from billing.services.buying import SUBSCRIBED
from organizations.models import Organization


def settle(organization: Organization) -> None:
    """End its subscription, by a call that outlives it, and forget the copies of what Stripe knows of its people."""
    account = Account.objects.filter(organization=organization).exclude(stripe_customer="").first()
    if account is None:
        return
    if account.stripe_subscription and account.status in SUBSCRIBED:
        outbox.put(
            kind=StripeCall.Kind.CANCEL,
            key=f"cancel-{account.stripe_subscription}"[:100],
            organization_id=organization.pk,
            customer=account.stripe_customer,
            payload={"subscription": account.stripe_subscription},
        )
    mirror.forget(account.stripe_customer)
