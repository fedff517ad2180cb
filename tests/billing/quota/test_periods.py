"""When included time begins anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.quota.periods import Period, calendar_month, months_after, period_at

EARLIEST, LATEST = datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2030-01-01")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def days(period: Period) -> tuple[str, str]:
    return period.start.date().isoformat(), period.end.date().isoformat()


def test_without_a_subscription_it_is_the_calendars_month() -> None:
    assert period_at(None, None, moment("2026-11-21T10:00")) == calendar_month(moment("2026-11-30T23:59"))
    assert days(calendar_month(moment("2026-12-31T23:59"))) == ("2026-12-01", "2027-01-01")


@pytest.mark.parametrize(
    ("start", "end", "at", "expected"),
    [
        # A month of Stripe's, whatever its length.
        ("2026-11-15", "2026-12-15", "2026-11-15", ("2026-11-15", "2026-12-15")),
        ("2026-02-28", "2026-03-31", "2026-03-30", ("2026-02-28", "2026-03-31")),
        # A trial.
        ("2026-11-15", "2026-11-29", "2026-11-20", ("2026-11-15", "2026-11-29")),
        # A year has months, the last of which ends with it.
        ("2026-01-31", "2027-01-31", "2026-02-10", ("2026-01-31", "2026-02-28")),
        ("2026-01-31", "2027-01-31", "2026-03-01", ("2026-02-28", "2026-03-31")),
        ("2026-01-31", "2027-01-31", "2027-01-30", ("2026-12-31", "2027-01-31")),
        # The webhook of the renewal is late.
        ("2026-11-15", "2026-12-15", "2026-12-15", ("2026-12-15", "2027-01-15")),
        ("2026-11-15", "2026-12-15", "2027-02-20", ("2027-02-15", "2027-03-15")),
        # A job that was begun before the period.
        ("2026-11-15", "2026-12-15", "2026-11-14", ("2026-10-15", "2026-11-15")),
    ],
)
def test_the_subscriptions_period(start: str, end: str, at: str, expected: tuple[str, str]) -> None:
    assert days(period_at(moment(start), moment(end), moment(at))) == expected


def test_months_keep_their_day_where_there_is_one() -> None:
    assert months_after(moment("2026-01-31"), 1) == moment("2026-02-28")
    assert months_after(moment("2026-01-31"), 2) == moment("2026-03-31")
    assert months_after(moment("2026-01-31"), -2) == moment("2025-11-30")


@given(
    st.datetimes(min_value=EARLIEST, max_value=LATEST),
    st.integers(1, 400),
    st.integers(-800, 800),
)
def test_every_moment_is_in_its_period_and_the_next_begins_where_it_ends(
    start: datetime, length: int, away: int
) -> None:
    start = start.replace(tzinfo=UTC)
    end, at = start + timedelta(days=length), start + timedelta(days=away)
    period = period_at(start, end, at)
    assert period.start <= at < period.end
    assert period.end - period.start <= timedelta(days=62)
    assert period_at(start, end, period.start) == period
