"""From when to when included time counts: the subscription's period, cut into months, or else the calendar's month.

Pure. Everything is UTC. A period that Stripe has not renewed here yet goes on by the month, so that a late webhook
neither stops anybody nor lets an old month count twice.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# Stripe's months are 28 to 31 days long, and a trial is shorter; what is longer is a year.
LONGEST_MONTH = timedelta(days=32)


@dataclass(frozen=True, slots=True)
class Period:
    """[start, end)."""

    start: datetime
    end: datetime


def calendar_month(moment: datetime) -> Period:
    first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Period(first, months_after(first, 1))


def period_at(start: datetime | None, end: datetime | None, moment: datetime) -> Period:
    """The stretch of included time that holds `moment`, for a subscription whose current period is [start, end)."""
    if start is None or end is None or end <= start:
        return calendar_month(moment)
    if moment >= end:
        return _month_of(end, moment)
    if start <= moment and end - start <= LONGEST_MONTH:
        return Period(start, end)
    month = _month_of(start, moment)
    return Period(month.start, min(month.end, end)) if moment >= start else month


def months_after(moment: datetime, months: int) -> datetime:
    """The same day and time `months` later (or before); the last day where that month is shorter."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _month_of(anchor: datetime, moment: datetime) -> Period:
    """The month that holds `moment`, of those that begin on the anchor's day."""
    months = (moment.year - anchor.year) * 12 + moment.month - anchor.month
    if months_after(anchor, months) > moment:
        months -= 1
    return Period(months_after(anchor, months), months_after(anchor, months + 1))
