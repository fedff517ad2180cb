"""What `manage.py check` says about money. It looks at settings and rows; `manage.py billing check` asks Stripe."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.checks.registry import registry
from django.db import DatabaseError

from billing.plans import PLANS, money

KEY = re.compile(r"^(sk|rk)_(test|live)_[A-Za-z0-9_]{10,}$")
SYNC = "Run `manage.py billing sync`."


def drop_those_of_dj_stripe() -> None:
    """Two of its checks ask the database whenever a process starts, about the secrets of a view that we do not use."""
    from djstripe import checks

    for unwanted in (checks.check_webhook_validation, checks.check_webhook_endpoint_has_secret):
        registry.registered_checks.discard(unwanted)


@register()
def check_key(**_kwargs: Any) -> list[CheckMessage]:
    if not money():
        return []
    found: list[CheckMessage] = []
    if not KEY.match(settings.STRIPE_SECRET_KEY):
        hint = "It begins with sk_test_, sk_live_, rk_test_ or rk_live_. A key that begins with pk_ is the public one."
        found.append(Error("STRIPE_SECRET_KEY is not a secret key of Stripe.", hint=hint, id="billing.E001"))
    if settings.STRIPE_API_BASE and settings.STRIPE_LIVE_MODE:
        hint = "Remove STRIPE_API_BASE, or use a key of the test mode."
        found.append(Error("A live key would be sent to STRIPE_API_BASE.", hint=hint, id="billing.E002"))
    if settings.BILLING_GRACE_DAYS < 0:
        found.append(Error("BILLING_GRACE_DAYS is below 0.", hint="Set it to 0 or more.", id="billing.E004"))
    if not re.fullmatch("[a-z]{3}", settings.BILLING_CURRENCY):
        hint = "Three letters, as usd, eur or iqd."
        found.append(Error("BILLING_CURRENCY is not a currency's code.", hint=hint, id="billing.E005"))
    return found


@register(Tags.security)
def check_debug(**_kwargs: Any) -> list[CheckMessage]:
    """SECURITY: with DEBUG, error pages show settings, and dj-stripe's own view (which no address here leads to) would
    let a request bring the secret that it is verified with.
    """
    if not (money() and settings.DEBUG and settings.STRIPE_LIVE_MODE):
        return []
    hint = "Unset DEBUG, or use a key of the test mode."
    return [Error("DEBUG is on beside a live key of Stripe.", hint=hint, id="billing.E003")]


@register(Tags.security)
def check_webhook_view(**_kwargs: Any) -> list[CheckMessage]:
    """SECURITY: nobody may bring dj-stripe's view back: only ours ignores the header that overrides the secret."""
    from django.urls import get_resolver

    if "djstripe" not in (get_resolver().namespace_dict or {}):
        return []
    hint = "Take `djstripe.urls` out of the addresses; billing.gateway.webhook receives the events."
    return [Error("dj-stripe's own webhook view is reachable.", hint=hint, id="billing.E006")]


@register(Tags.database)
def check_endpoint(**_kwargs: Any) -> list[CheckMessage]:
    """Only where databases are looked at (`check --database default`), and when processes start that migrate."""
    if not money():
        return []
    from billing.gateway import endpoints

    try:
        known = endpoints.row()
        readable = known is not None and bool(endpoints.secret_of(known))
    except DatabaseError:
        return []  # not migrated yet
    if known is None:
        text = "Stripe has no address to send its events to."
        return [Warning(text, hint=SYNC, id="billing.W001")]
    if not readable:
        text = "The secret of the webhook endpoint cannot be decrypted, so every event is refused."
        hint = f"Put the old key back into ENCRYPTION_KEYS, or {SYNC[0].lower()}{SYNC[1:]}"
        return [Warning(text, hint=hint, id="billing.W002")]
    return []


@register()
def check_plans(**_kwargs: Any) -> list[CheckMessage]:
    """A lookup key names one price."""
    keys = [price.lookup_key for plan in PLANS.values() for price in plan.prices]
    if len(keys) == len(set(keys)):
        return []
    hint = "Give each price in billing/plans.py a lookup key of its own."
    return [Error("Two prices have the same lookup key.", hint=hint, id="billing.E007")]
