"""Rate limits of the API: token buckets in Redis, judged together by one script in one round trip.

Each caller has two buckets, one that fills anew in a minute and one in an hour; a full one may be emptied at once. A
key draws from its own and from its organization's, a person of an organization from the organization's, a person
outside of any from their own, and a guest from those of their address.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Any
from uuid import UUID

import redis
import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from config.common import request_meta
from config.common.errors import TooManyRequests

logger = structlog.get_logger(__name__)
MINUTE, HOUR = 60, 3600
PREFIX = "tadwin:rate:"
# A request must not wait for a limiter that is not there, and the next ones need not ask it.
TIMEOUT_SECONDS, PAUSE_SECONDS = 0.25, 5.0
VERDICT = "tadwin.rate_limit"
MICROSECONDS = 1_000_000
# A bucket is the moment at which it would be full again (the generic cell rate algorithm): one integer says as much
# as a count and a time, and that can't drift. Refused requests take nothing. All clocks are that of the Redis server.
SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local stored = redis.call('MGET', unpack(KEYS))
local full, wait, least, tightest = {}, 0, nil, 1
for i = 1, #KEYS do
  local capacity, window = tonumber(ARGV[2 * i - 1]), ARGV[2 * i] * 1000000
  local cost = math.floor(window / capacity)
  local before = math.max(tonumber(stored[i] or 0) or 0, now)
  full[i] = before + cost
  wait = math.max(wait, full[i] - now - window)
  local left = math.floor((window - (full[i] - now)) / cost)
  if not least or left < least then least, tightest = left, i end
end
if wait > 0 then
  for i = 1, #KEYS do full[i] = math.max(tonumber(stored[i] or 0) or 0, now) end
else
  for i = 1, #KEYS do
    redis.call('SET', KEYS[i], string.format('%.0f', full[i]), 'PX', math.ceil((full[i] - now) / 1000) + 1)
  end
end
return {tightest, math.max(least, 0), full[tightest] - now, wait}
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """`capacity` requests at once, filled anew over `window` seconds."""

    name: str
    capacity: int
    window: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`limit` and `remaining` of the bucket that is nearest to empty; times in seconds, rounded up."""

    limit: int
    remaining: int
    reset: int
    retry_after: int

    @property
    def is_allowed(self) -> bool:
        return self.retry_after == 0

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


def buckets_of(
    *,
    organization: UUID | None = None,
    api_key: UUID | None = None,
    key_limit: int | None = None,
    user: UUID | None = None,
    ip: str | None = None,
) -> list[Bucket]:
    """The buckets that a request draws from. `key_limit`: requests a minute of the key, where it has a limit."""
    if organization:
        own = _pair(f"key:{api_key.hex}", key_limit) if api_key else []
        return [*own, *_pair(f"org:{organization.hex}")]
    return _pair(f"user:{user.hex}" if user else f"ip:{ip or 'unknown'}")


def _pair(name: str, per_minute: int | None = None) -> list[Bucket]:
    per_minute = min(per_minute or settings.RATE_LIMIT_PER_MINUTE, settings.RATE_LIMIT_PER_MINUTE)
    found = [Bucket(f"{name}:m", per_minute, MINUTE), Bucket(f"{name}:h", settings.RATE_LIMIT_PER_HOUR, HOUR)]
    return [bucket for bucket in found if bucket.capacity > 0]


def take(buckets: Sequence[Bucket]) -> Verdict | None:
    """Take one request from every bucket, or from none. None when nothing limits, or Redis is away: then all may."""
    if not buckets or not _breaker.is_closed():
        return None
    keys = [PREFIX + bucket.name for bucket in buckets]
    parameters = [number for bucket in buckets for number in (bucket.capacity, bucket.window)]
    try:
        tightest, remaining, until_full, wait = _script(settings.REDIS_URL)(keys=keys, args=parameters)
    except redis.RedisError as error:
        _breaker.open()
        logger.warning("rate_limit_unavailable", error=type(error).__name__)
        return None
    limit = buckets[tightest - 1].capacity
    return Verdict(limit, remaining, ceil(until_full / MICROSECONDS), ceil(wait / MICROSECONDS))


def limit(request: HttpRequest, buckets: Sequence[Bucket]) -> None:
    """Count `request`, once however often it is asked. Raises TooManyRequests."""
    if VERDICT in request.META:
        return
    verdict = request.META[VERDICT] = take(buckets)
    if verdict and not verdict.is_allowed:
        detail = _("Too many requests. Try again in %(seconds)d seconds, and slow down.") % {
            "seconds": verdict.retry_after
        }
        raise TooManyRequests(detail, retry_after=verdict.retry_after)


def limit_guest(request: HttpRequest) -> None:
    """Count a request of somebody who is not known, by address. Raises TooManyRequests."""
    limit(request, buckets_of(ip=request_meta.client_ip(request)))


def tell(request: HttpRequest, response: HttpResponseBase) -> None:
    """Put the headers of the verdict on the answer."""
    verdict: Verdict | None = request.META.get(VERDICT)
    for name, value in verdict.headers.items() if verdict else ():
        response[name] = value


class _Breaker:
    """Open for a while after Redis failed, so that requests don't each wait for the same silence."""

    def __init__(self) -> None:
        self._until = 0.0

    def is_closed(self) -> bool:
        return time.monotonic() >= self._until

    def open(self) -> None:
        self._until = time.monotonic() + PAUSE_SECONDS

    def close(self) -> None:
        self._until = 0.0


_breaker = _Breaker()


@cache
def _script(url: str) -> Any:
    """One pool of connections for the process, made on first use, which is after the fork."""
    client = redis.Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)
    return client.register_script(SCRIPT)
