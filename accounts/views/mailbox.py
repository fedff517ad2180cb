"""The mails that the embedded mode writes to files instead of sending them, for the person at this machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import letters

View = Callable[..., HttpResponseBase]

LETTER_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox",
    "X-Frame-Options": "SAMEORIGIN",
}


def only_here(view: View) -> View:
    """SECURITY: mails carry links that open accounts. They are shown where nobody but their writer can be asking."""

    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (settings.EMBEDDED and letters.are_kept() and _is_local(request)):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def _is_local(request: HttpRequest) -> bool:
    """Whether the browser runs on this machine: a proxy on it would say for whom it asks."""
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


@only_here
def mailbox(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/mailbox.html", {"letters": letters.newest()})


@only_here
def letter(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, "accounts/letter.html", {"letter": _found(name)})


@only_here
def letter_html(request: HttpRequest, name: str) -> HttpResponse:
    """SECURITY: no script, no other origin, and not even our own, whatever somebody wrote into a mail."""
    return HttpResponse(_found(name).html, headers=LETTER_HEADERS)


def _found(name: str) -> letters.Letter:
    found = letters.read(name)
    if found is None:
        raise Http404
    return found
