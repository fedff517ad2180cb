"""Where the request that is being answered comes from, for those deep below who write it down."""

from __future__ import annotations

import ipaddress
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

LONGEST_USER_AGENT = 300


@dataclass(frozen=True, slots=True)
class RequestMeta:
    """`ip` is None where there is no request, or its address is unknown."""

    ip: str | None = None
    user_agent: str = ""
    request_id: str = ""


NOWHERE = RequestMeta()
_current: ContextVar[RequestMeta] = ContextVar("request_meta", default=NOWHERE)


def current() -> RequestMeta:
    """That of the request of this thread; empty in workers and commands."""
    return _current.get()


def bind(request: HttpRequest) -> None:
    """`request` begins in this thread."""
    user_agent = request.headers.get("User-Agent", "")[:LONGEST_USER_AGENT]
    _current.set(RequestMeta(client_ip(request), user_agent, request.META.get("tadwin.request_id", "")))


def clear() -> None:
    _current.set(NOWHERE)


def client_ip(request: HttpRequest) -> str | None:
    """The address of who asks, behind `TRUSTED_PROXY_COUNT` proxies of ours that each append to X-Forwarded-For."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    behind = settings.TRUSTED_PROXY_COUNT
    # SECURITY: what stands further left was written by the client and may be anything.
    address = hops[-behind] if behind and len(hops) >= behind else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None
