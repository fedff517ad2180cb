"""Our webhook endpoint at Stripe: a row of dj-stripe's, whose secret is encrypted like every other here.

Thin events have an endpoint of their own, in the same table: `billing.gateway.destinations` asks for it by these means.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

import stripe
from django.conf import settings
from django.urls import reverse
from djstripe.models import WebhookEndpoint as StripeEndpoint

from billing.gateway.inbox import HANDLERS
from billing.gateway.stripe_api import OURS, client, is_ours
from config.common import encryption

DESCRIPTION = "Tadwin"
# How the ids of Stripe's newer API begin.
THIN = "ed_"
# What its older and its newer API call a thing that is not there.
MISSING = frozenset({"resource_missing", "not_found"})


def events() -> list[str]:
    return sorted(HANDLERS)


def secret_of(endpoint: StripeEndpoint) -> str:
    """Empty where the key that it was encrypted with is gone: then nothing verifies."""
    try:
        return encryption.decrypt(endpoint.secret)
    except encryption.Undecryptable:
        return ""


def is_thin(endpoint: StripeEndpoint) -> bool:
    return str(endpoint.id).startswith(THIN)


def row(*, thin: bool = False) -> StripeEndpoint | None:
    """The endpoint of this address and this kind of key."""
    of_this_key = rows(thin=thin).filter(livemode=settings.STRIPE_LIVE_MODE)
    newest: StripeEndpoint | None = of_this_key.order_by("-djstripe_created").first()
    return newest


def rows(*, thin: bool = False) -> Any:
    """Those of this address, of live and of test keys."""
    here = StripeEndpoint.objects.filter(url__startswith=f"{settings.PUBLIC_URL}/")
    return here.filter(id__startswith=THIN) if thin else here.exclude(id__startswith=THIN)


def find() -> str:
    """The id of the endpoint that is here, at Stripe, and hears of what we need; else empty. Raises StripeError."""
    theirs = at_stripe(client().v1.webhook_endpoints.retrieve)
    return str(theirs.id) if hears(theirs, events()) else ""


def make() -> str:
    """Mend the one that is there, or make a new one: its secret is told only then. Raises StripeError."""
    theirs = at_stripe(client().v1.webhook_endpoints.retrieve)
    if theirs is None:
        return _new()
    changes: Any = {"enabled_events": events(), "disabled": False}
    client().v1.webhook_endpoints.update(theirs.id, changes)
    rows().filter(id=theirs.id).update(enabled_events=events(), status="enabled")
    return str(theirs.id)


def at_stripe(retrieve: Callable[[str], Any], *, thin: bool = False) -> Any:
    """What Stripe has of the endpoint that is here; None where it has none, or nobody knows the secret."""
    known = row(thin=thin)
    if known is None or not secret_of(known):
        return None
    try:
        return retrieve(known.id)
    except stripe.InvalidRequestError as error:
        if error.code not in MISSING:
            raise
        return None


def hears(theirs: Any, wanted: Collection[str]) -> bool:
    """Whether `theirs` (or None) is switched on and gets all events in `wanted`."""
    return theirs is not None and theirs.status == "enabled" and set(wanted) <= set(theirs.enabled_events)


def new_address() -> tuple[UUID, str]:
    """What a new endpoint is known by, and its URL."""
    address = uuid.uuid4()
    return address, f"{settings.PUBLIC_URL}{reverse('stripe-webhook', args=[address])}"


def keep(made: Any, address: UUID, url: str, *, secret: str, wanted: list[str]) -> str:
    """Write down what Stripe has just made; its id."""
    StripeEndpoint.objects.create(
        id=made.id,
        djstripe_uuid=address,
        url=url,
        secret=encryption.encrypt(secret),
        enabled_events=wanted,
        status="enabled",
        livemode=settings.STRIPE_LIVE_MODE,
        api_version=stripe.api_version,
    )
    return str(made.id)


def rotate_encryption() -> int:
    """Bring the secrets to the newest key; how many there were."""
    known = list(StripeEndpoint.objects.exclude(secret=""))
    for one in known:
        StripeEndpoint.objects.filter(pk=one.pk).update(secret=encryption.rotate(one.secret))
    return len(known)


def _new() -> str:
    _remove_lost()
    address, url = new_address()
    params: Any = {
        "url": url,
        "enabled_events": events(),
        "description": DESCRIPTION,
        "metadata": {**OURS, "djstripe_uuid": str(address)},
        "api_version": stripe.api_version,
    }
    made = client().v1.webhook_endpoints.create(params)
    return keep(made, address, url, secret=made.secret or "", wanted=events())


def _remove_lost() -> None:
    """Endpoints of ours whose secret nobody knows: Stripe would go on sending to them, and be refused."""
    for one in client().v1.webhook_endpoints.list({"limit": 100}).data:
        if is_ours(one) and one.url.startswith(f"{settings.PUBLIC_URL}/"):
            client().v1.webhook_endpoints.delete(one.id)
    rows().delete()
