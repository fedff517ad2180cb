"""Time as the rest of the code reads it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return timezone.now()


def from_now(**parts: float) -> datetime:
    """`from_now(hours=2)`: the moment that far ahead."""
    return now() + timedelta(**parts)


def seconds(milliseconds: int | None) -> float | None:
    """Milliseconds as the public API writes them: seconds as a float."""
    return None if milliseconds is None else milliseconds / 1000


def iso(moment: datetime | None) -> str | None:
    """`2026-11-21T09:30:00.000000Z`, as every answer of the API writes a moment."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
