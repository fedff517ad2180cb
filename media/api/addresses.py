"""Which of our own addresses a client is told."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from rest_framework.request import Request

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def base_url(request: Request | HttpRequest) -> str:
    """The address under which the client reached this machine, for signed addresses; empty for PUBLIC_URL.

    On one machine a page may be open as `localhost` where PUBLIC_URL says `127.0.0.1`: another site to a browser.
    """
    host = request.get_host()
    if settings.EMBEDDED and split_domain_port(host)[0] in LOOPBACK:
        return f"{request.scheme}://{host}"
    return ""
