"""How often something about accounts may be tried: allauth's limits, so that pages and API share one count."""

from __future__ import annotations

import time
from math import ceil

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from config.common.errors import TooManyRequests

APP = "allauth.account"


def spend(request: HttpRequest, action: str, *, key: str = "", user: User | None = None) -> None:
    """Count one try of `action` (a name in ACCOUNT_RATE_LIMITS). Raises TooManyRequests when there were too many."""
    counted = {"key": key.lower() or None, "user": user}
    if not ratelimit.consume(request, app=APP, action=action, **counted, limit_get=True):
        raise refusal(request, action, key=key, user=user)


def refusal(request: HttpRequest, action: str, *, key: str = "", user: User | None = None) -> TooManyRequests:
    """The error for a try that was not counted any more, with the seconds until the next will be."""
    seconds = _seconds_left(request, action, key=key.lower(), user=user)
    detail = _("Too many tries. Try again in %(seconds)d seconds.") % {"seconds": seconds}
    return TooManyRequests(detail, retry_after=seconds)


def sign_in_refusal(request: HttpRequest, email: str) -> TooManyRequests:
    """That of guessing a password, which allauth counts by itself."""
    key = get_adapter(request)._get_login_attempts_cache_key(request, email=email)
    return refusal(request, "login_failed", key=key)


def _seconds_left(request: HttpRequest, action: str, *, key: str, user: User | None) -> int:
    """Until every rate of `action` has room again. allauth keeps the moments of the tries, the newest first."""
    longest = 1.0
    for rate in ratelimit.get_rates(app=APP, action=action):
        name = ratelimit.get_cache_key(request, app=APP, action=action, rate=rate, key=key or None, user=user)
        tries = cache.get(name, [])
        if len(tries) >= rate.amount:
            longest = max(longest, tries[rate.amount - 1] + rate.duration - time.time())
    return ceil(longest)
