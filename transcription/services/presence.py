"""Who has a transcript open now, and in which line they write.

A seat is a key of Redis that its connection renews and that is gone soon after the connection is. It is a courtesy:
nothing rests on it, and while Redis is away nobody is seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from uuid import UUID

import redis
import structlog
from django.conf import settings

logger = structlog.get_logger(__name__)
PREFIX = "tadwin:presence:"
RENEW_SECONDS, LIFETIME_SECONDS = 15, 40
# More than can be shown; what is beyond is not looked at.
MOST_SEATS = 200


@dataclass(frozen=True, slots=True)
class Seat:
    """One connection of a person; `segment` is the line they are in."""

    transcript: UUID
    connection: str
    person: UUID
    name: str
    segment: UUID | None = None


def take(seat: Seat) -> list[dict[str, Any]]:
    """Sit down, or renew the seat; everybody who is here then."""
    index, own = _keys(seat)
    value = {"id": str(seat.person), "name": seat.name, "segment": seat.segment and str(seat.segment)}
    try:
        with _client(settings.REDIS_URL).pipeline() as steps:
            steps.sadd(index, seat.connection)
            steps.expire(index, LIFETIME_SECONDS)
            steps.set(own, json.dumps(value), ex=LIFETIME_SECONDS)
            steps.execute()
        return here(seat.transcript)
    except redis.RedisError as error:
        return _nobody(error)


def give_up(seat: Seat) -> list[dict[str, Any]]:
    """Stand up; everybody who is still here."""
    index, own = _keys(seat)
    try:
        with _client(settings.REDIS_URL).pipeline() as steps:
            steps.srem(index, seat.connection)
            steps.delete(own)
            steps.execute()
        return here(seat.transcript)
    except redis.RedisError as error:
        return _nobody(error)


def seen(transcript_id: UUID) -> list[dict[str, Any]]:
    """Everybody who is here, for somebody who has no seat."""
    try:
        return here(transcript_id)
    except redis.RedisError as error:
        return _nobody(error)


def here(transcript_id: UUID) -> list[dict[str, Any]]:
    """Each person once, by name: `{"id", "name", "segment"}`. Raises RedisError."""
    client, index = _client(settings.REDIS_URL), _index(transcript_id)
    members = sorted(cast("set[bytes]", client.smembers(index)))[:MOST_SEATS]
    names = [f"{index}:{member.decode()}" for member in members]
    values = cast("list[bytes | None]", client.mget(names)) if names else []
    # A connection that died without a word left its name in the list.
    if gone := [member for member, value in zip(members, values, strict=True) if value is None]:
        client.srem(index, *gone)
    return _people([json.loads(value) for value in values if value])


def _people(seats: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A person with two windows is one person; the window in which they write says where."""
    found: dict[str, dict[str, Any]] = {}
    for seat in seats:
        known = found.setdefault(seat["id"], seat)
        known["segment"] = known["segment"] or seat["segment"]
    return sorted(found.values(), key=lambda one: (one["name"].casefold(), one["id"]))


def _keys(seat: Seat) -> tuple[str, str]:
    index = _index(seat.transcript)
    return index, f"{index}:{seat.connection}"


def _index(transcript_id: UUID) -> str:
    return f"{PREFIX}{transcript_id.hex}"


def _nobody(error: redis.RedisError) -> list[dict[str, Any]]:
    logger.warning("presence_unavailable", error=type(error).__name__)
    return []


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
