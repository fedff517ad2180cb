"""Our address at Stripe for thin events, beside the one of `endpoints`: a destination of its newer API."""

from __future__ import annotations

import uuid
from typing import Any

import stripe
from django.conf import settings
from django.urls import reverse
from djstripe.models import WebhookEndpoint as StripeEndpoint

from billing.gateway import meter_errors
from billing.gateway.endpoints import DESCRIPTION, THIN, secret_of
from billing.gateway.stripe_api import OURS, client, is_ours
from config.common import encryption

EVENTS = sorted(meter_errors.KINDS)
# What its older and its newer API call a thing that is not there.
MISSING = frozenset({"resource_missing", "not_found"})


def row() -> StripeEndpoint | None:
    """The destination of this address and this kind of key."""
    found: StripeEndpoint | None = (
        _rows().filter(livemode=settings.STRIPE_LIVE_MODE).order_by("-djstripe_created").first()
    )
    return found


def find() -> str:
    """The id of the destination that is here, at Stripe, and hears of what we need; else empty. Raises StripeError."""
    known = row()
    theirs = _at_stripe(known.id) if known and secret_of(known) else None
    wanted = theirs is not None and theirs.status == "enabled" and set(EVENTS) <= set(theirs.enabled_events)
    return str(theirs.id) if theirs is not None and wanted else ""


def make() -> str:
    """Mend the one that is there, or make a new one: its secret is told only then. Raises StripeError."""
    known = row()
    theirs = _at_stripe(known.id) if known and secret_of(known) else None
    if known is None or theirs is None:
        return _new()
    client().v2.core.event_destinations.update(known.id, {"enabled_events": EVENTS})
    if theirs.status != "enabled":
        client().v2.core.event_destinations.enable(known.id)
    _rows().filter(pk=known.pk).update(enabled_events=EVENTS, status="enabled")
    return str(known.id)


def _rows() -> Any:
    return StripeEndpoint.objects.filter(id__startswith=THIN, url__startswith=f"{settings.PUBLIC_URL}/")


def _new() -> str:
    _remove_lost()
    address = uuid.uuid4()
    url = f"{settings.PUBLIC_URL}{reverse('stripe-webhook', args=[address])}"
    params: Any = {
        "name": DESCRIPTION,
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": EVENTS,
        "webhook_endpoint": {"url": url},
        "include": ["webhook_endpoint.signing_secret", "webhook_endpoint.url"],
        "metadata": {**OURS, "djstripe_uuid": str(address)},
    }
    made: Any = client().v2.core.event_destinations.create(params)
    StripeEndpoint.objects.create(
        id=made.id,
        djstripe_uuid=address,
        url=url,
        secret=encryption.encrypt(made.webhook_endpoint.signing_secret or ""),
        enabled_events=EVENTS,
        status="enabled",
        livemode=settings.STRIPE_LIVE_MODE,
        api_version=stripe.api_version,
    )
    return str(made.id)


def _remove_lost() -> None:
    """Destinations of ours whose secret nobody knows: Stripe would go on sending to them, and be refused."""
    listed = client().v2.core.event_destinations.list({"limit": 100, "include": ["webhook_endpoint.url"]})
    for one in listed.auto_paging_iter():
        url = one.webhook_endpoint.url if one.type == "webhook_endpoint" and one.webhook_endpoint else ""
        if one.id.startswith(THIN) and is_ours(one) and (url or "").startswith(f"{settings.PUBLIC_URL}/"):
            client().v2.core.event_destinations.delete(one.id)
    _rows().delete()


def _at_stripe(destination_id: str) -> Any:
    try:
        return client().v2.core.event_destinations.retrieve(destination_id)
    except stripe.InvalidRequestError as error:
        if error.code not in MISSING:
            raise
        return None
