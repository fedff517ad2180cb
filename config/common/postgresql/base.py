"""Django's PostgreSQL backend with a reader of times in C: a page of a list holds hundreds of them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db.backends.postgresql import base
from psycopg.adapt import AdaptersMap
from psycopg.pq import Format
from psycopg.types.datetime import TimestamptzLoader

TIMESTAMPTZ = "timestamptz"


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        parameters: dict[str, Any] = super().get_connection_params()
        parameters["context"] = _with_our_reader(parameters["context"])
        return parameters


@cache
def _with_our_reader(known: AdaptersMap) -> AdaptersMap:
    """All that Django adapts, but for times. Django asks its reader for `timezone`, so ours is one of its kind."""
    theirs: Any = known.get_loader(known.types[TIMESTAMPTZ].oid, Format.TEXT)
    adapters = AdaptersMap(known)
    adapters.register_loader(TIMESTAMPTZ, type("UtcReader", (_UtcReader, theirs), {}))
    return adapters


class _UtcReader(TimestamptzLoader):
    """`2026-11-21 09:30:00.5+00`, as a session in UTC writes it; everything else goes the long way."""

    def load(self, data: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(str(data, "ascii"))
        except ValueError:  # before our era, or infinity
            return super().load(data)
        return moment if moment.tzinfo is UTC else super().load(data)
