"""How often something about accounts may be tried: allauth's limits, so that pages and API share one count."""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from config.common.errors import TooManyRequests

RETRY_AFTER = 60


def spend(request: HttpRequest, action: str, *, key: str = "", user: User | None = None) -> None:
    """Count one try of `action` (a name in ACCOUNT_RATE_LIMITS). Raises TooManyRequests when there were too many."""
    counted = {"app": "allauth.account", "action": action, "key": key.lower() or None, "user": user}
    if not ratelimit.consume(request, **counted, limit_get=True):
        raise TooManyRequests(_("Too many tries. Wait a minute, then try again."), retry_after=RETRY_AFTER)
