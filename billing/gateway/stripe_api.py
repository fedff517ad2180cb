"""The one place that speaks to Stripe. What goes wrong there becomes an error that people can act upon."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import stripe
import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from config.common.errors import ApplicationError, Conflict, NotFound, Unavailable

logger = structlog.get_logger(__name__)
Json = dict[str, Any]
# Written on what we make and look for again: other things of the same Stripe account are none of our business.
OURS = {"tadwin": "1"}
SECONDS = 20
RETRIES = 2
# The newest subscriptions of a customer; nobody has more than a few.
MOST_SUBSCRIPTIONS = 20


class PaymentFailed(ApplicationError):
    status, title, error_type = 402, "Payment failed", "payment_failed"


def require() -> None:
    """Raises NotFound where nothing costs anything: without a key there is no money here, not even as an error."""
    if not settings.STRIPE_SECRET_KEY:
        raise NotFound


def client() -> stripe.StripeClient:
    if settings.STRIPE_API_BASE:
        stripe.api_base = settings.STRIPE_API_BASE  # what dj-stripe asks by itself goes there too
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@lru_cache(maxsize=4)
def _client(key: str, base: str) -> stripe.StripeClient:
    http = stripe.RequestsClient(timeout=SECONDS)
    places: Any = {"api": base} if base else {}
    return stripe.StripeClient(key, base_addresses=places, max_network_retries=RETRIES, http_client=http)


@contextmanager
def asking() -> Iterator[stripe.StripeClient]:
    """A client whose errors are ours: PaymentFailed, Unavailable `billing_unavailable`, Conflict `billing_refused`."""
    try:
        yield client()
    except stripe.CardError as error:
        said = error.user_message or _("The bank refused the payment.")
        raise PaymentFailed(f"{said} {_('Choose another card and try again.')}") from error
    except stripe.InvalidRequestError as error:
        # SECURITY: what Stripe says is for the operator; it may name other objects of the account.
        logger.warning("stripe_refused", code=error.code, parameter=error.param, request=error.request_id)
        text = _("The payment service did not accept this. Reload the page and try again.")
        raise Conflict(text, error_type="billing_refused") from error
    except stripe.StripeError as error:
        logger.error("stripe_failed", error=type(error).__name__, status=error.http_status, request=error.request_id)
        text = _("The payment service cannot be reached at the moment. Nothing was changed; try again in a minute.")
        raise Unavailable(text, error_type="billing_unavailable", retry_after=60) from error


def plain(thing: Any) -> Json:
    """An object of Stripe's as plain dictionaries and lists."""
    found: Json = thing.to_dict()
    return found


def is_ours(thing: Any) -> bool:
    """Whether we made it."""
    return (plain(thing).get("metadata") or {}).get("tadwin") == "1"


def subscriptions_of(customer: str) -> list[Json]:
    """All of a customer's subscriptions, ended ones too, the newest first."""
    params: Any = {"customer": customer, "status": "all", "limit": MOST_SUBSCRIPTIONS}
    return [plain(one) for one in client().v1.subscriptions.list(params).data]
