"""Minutes past the included ones, on their way to Stripe's meter."""

from __future__ import annotations

from billing.gateway import outbox
from billing.models import Account, StripeCall
from organizations.models import Organization


def note(*, entry_key: str, organization: Organization, seconds: int) -> bool:
    """Let `seconds` of the ledger's line `entry_key` be billed, in the transaction that settles it; once a line."""
    customer = Account.objects.filter(organization=organization).values_list("stripe_customer", flat=True).first()
    if not customer or seconds <= 0:
        return False
    return outbox.put(
        kind=StripeCall.Kind.METER,
        key=entry_key,
        organization_id=organization.pk,
        customer=customer,
        payload={"seconds": seconds},
    )
