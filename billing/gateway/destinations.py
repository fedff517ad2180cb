"""Our address at Stripe for thin events, beside the one of `endpoints`: a destination of its newer API."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from djstripe.models import WebhookEndpoint as StripeEndpoint

from billing.gateway import endpoints, meter_errors
from billing.gateway.endpoints import DESCRIPTION, THIN
from billing.gateway.stripe_api import OURS, client, is_ours

EVENTS = sorted(meter_errors.KINDS)


def row() -> StripeEndpoint | None:
    """The destination of this address and this kind of key."""
    return endpoints.row(thin=True)


def find() -> str:
    """The id of the destination that is here, at Stripe, and hears of what we need; else empty. Raises StripeError."""
    theirs = endpoints.at_stripe(client().v2.core.event_destinations.retrieve, thin=True)
    return str(theirs.id) if endpoints.hears(theirs, EVENTS) else ""


def make() -> str:
    """Mend the one that is there, or make a new one: its secret is told only then. Raises StripeError."""
    theirs = endpoints.at_stripe(client().v2.core.event_destinations.retrieve, thin=True)
    if theirs is None:
        return _new()
    client().v2.core.event_destinations.update(theirs.id, {"enabled_events": EVENTS})
    if theirs.status != "enabled":
        client().v2.core.event_destinations.enable(theirs.id)
    endpoints.rows(thin=True).filter(id=theirs.id).update(enabled_events=EVENTS, status="enabled")
    return str(theirs.id)


def _new() -> str:
    _remove_lost()
    address, url = endpoints.new_address()
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
    return endpoints.keep(made, address, url, secret=made.webhook_endpoint.signing_secret or "", wanted=EVENTS)


def _remove_lost() -> None:
    """Destinations of ours whose secret nobody knows: Stripe would go on sending to them, and be refused."""
    listed = client().v2.core.event_destinations.list({"limit": 100, "include": ["webhook_endpoint.url"]})
    for one in listed.auto_paging_iter():
        url = one.webhook_endpoint.url if one.type == "webhook_endpoint" and one.webhook_endpoint else ""
        if one.id.startswith(THIN) and is_ours(one) and (url or "").startswith(f"{settings.PUBLIC_URL}/"):
            client().v2.core.event_destinations.delete(one.id)
    endpoints.rows(thin=True).delete()
