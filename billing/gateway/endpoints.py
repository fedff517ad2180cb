"""Our webhook endpoint at Stripe: a row of dj-stripe's, whose secret is encrypted like every other here."""

from __future__ import annotations

import uuid
from typing import Any

import stripe
from django.conf import settings
from django.urls import reverse
from djstripe.models import WebhookEndpoint as StripeEndpoint

from billing.gateway.inbox import HANDLERS
from billing.gateway.stripe_api import OURS, client, is_ours
from config.common import encryption

DESCRIPTION = "Tadwin"
# How the ids of Stripe's newer API begin, whose rows lie in the same table.
THIN = "ed_"


def events() -> list[str]:
    return sorted(HANDLERS)


def secret_of(endpoint: StripeEndpoint) -> str:
    """Empty where the key that it was encrypted with is gone: then nothing verifies."""
    try:
        return encryption.decrypt(endpoint.secret)
    except encryption.Undecryptable:
        return ""


def row() -> StripeEndpoint | None:
    """The endpoint of this address and this kind of key."""
    found: StripeEndpoint | None = (
        _rows().filter(livemode=settings.STRIPE_LIVE_MODE).order_by("-djstripe_created").first()
    )
    return found


def is_thin(endpoint: StripeEndpoint) -> bool:
    """Whether it gets thin events, which `billing.gateway.destinations` asked for."""
    return str(endpoint.id).startswith(THIN)


def find() -> str:
    """The id of the endpoint that is here, at Stripe, and hears of what we need; else empty. Raises StripeError."""
    known = row()
    theirs = _at_stripe(known.id) if known and secret_of(known) else None
    wanted = theirs is not None and theirs.status == "enabled" and set(events()) <= set(theirs.enabled_events)
    return str(theirs.id) if theirs is not None and wanted else ""


def make() -> str:
    """Mend the one that is there, or make a new one: its secret is told only then. Raises StripeError."""
    known = row()
    if known and secret_of(known) and _at_stripe(known.id):
        changes: Any = {"enabled_events": events(), "disabled": False}
        client().v1.webhook_endpoints.update(known.id, changes)
        StripeEndpoint.objects.filter(pk=known.pk).update(enabled_events=events(), status="enabled")
        return str(known.id)
    return _new()


def rotate_encryption() -> int:
    """Bring the secrets to the newest key; how many there were."""
    rows = list(StripeEndpoint.objects.exclude(secret=""))
    for one in rows:
        StripeEndpoint.objects.filter(pk=one.pk).update(secret=encryption.rotate(one.secret))
    return len(rows)


def _new() -> str:
    _remove_lost()
    address = uuid.uuid4()
    url = f"{settings.PUBLIC_URL}{reverse('stripe-webhook', args=[address])}"
    params: Any = {
        "url": url,
        "enabled_events": events(),
        "description": DESCRIPTION,
        "metadata": {**OURS, "djstripe_uuid": str(address)},
        "api_version": stripe.api_version,
    }
    made = client().v1.webhook_endpoints.create(params)
    StripeEndpoint.objects.create(
        id=made.id,
        djstripe_uuid=address,
        url=url,
        secret=encryption.encrypt(made.secret or ""),
        enabled_events=events(),
        status="enabled",
        livemode=settings.STRIPE_LIVE_MODE,
        api_version=stripe.api_version,
    )
    return made.id


def _remove_lost() -> None:
    """Endpoints of ours whose secret nobody knows: Stripe would go on sending to them, and be refused."""
    for one in client().v1.webhook_endpoints.list({"limit": 100}).data:
        if is_ours(one) and one.url.startswith(f"{settings.PUBLIC_URL}/"):
            client().v1.webhook_endpoints.delete(one.id)
    _rows().delete()


def _rows() -> Any:
    return StripeEndpoint.objects.filter(url__startswith=f"{settings.PUBLIC_URL}/").exclude(id__startswith=THIN)


def _at_stripe(endpoint_id: str) -> Any:
    try:
        return client().v1.webhook_endpoints.retrieve(endpoint_id)
    except stripe.InvalidRequestError as error:
        if error.code != "resource_missing":
            raise
        return None
