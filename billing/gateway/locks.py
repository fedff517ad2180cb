"""One at a time, for what talks to Stripe. The account's row stays free for those who submit work meanwhile."""

from __future__ import annotations

from django.db import connection

PREFIX = "tadwin.stripe:"


def hold(name: str) -> None:
    """Until the current transaction ends, nobody else holds `name`; who comes second waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [PREFIX + name])
