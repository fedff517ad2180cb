"""The ledger: the limit holds, repeats change nothing, failed work is free."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from billing import usage
from billing.models import Account, UsageEntry
from config.common.clock import now
from config.common.errors import QuotaExceeded
from organizations.models import Organization
from tests.factories import make_organization

pytestmark = pytest.mark.django_db
EVER = datetime(2000, 1, 1, tzinfo=UTC)


def limit(organization: Organization, seconds: int | None) -> None:
    Account.objects.update_or_create(organization=organization, defaults={"included_seconds": seconds})


def test_unlimited_by_default(organization: Organization) -> None:
    usage.reserve(organization=organization, key="a", seconds=10**9)
    assert usage.remaining_seconds(organization) is None
    assert Account.objects.get(organization=organization).included_seconds is None


def test_reserves_up_to_the_limit_and_not_a_second_more(organization: Organization) -> None:
    limit(organization, 100)
    usage.reserve(organization=organization, key="a", seconds=60)
    usage.reserve(organization=organization, key="b", seconds=40)
    with pytest.raises(QuotaExceeded) as refused:
        usage.reserve(organization=organization, key="c", seconds=1)
    assert refused.value.extra == {"needed_seconds": 1, "remaining_seconds": 0}
    assert not UsageEntry.objects.filter(key="c").exists()


def test_repeats_change_nothing(organization: Organization) -> None:
    limit(organization, 100)
    first = usage.reserve(organization=organization, key="a", seconds=60, model="tiny")
    assert usage.reserve(organization=organization, key="a", seconds=60).pk == first.pk
    assert usage.settle(key="a", seconds=50) is True
    assert usage.settle(key="a", seconds=10) is False
    assert usage.release(key="a") is False
    assert usage.reserve(organization=organization, key="a", seconds=60).status == UsageEntry.Status.SETTLED
    assert usage.used_seconds(organization, EVER) == 50
    assert usage.remaining_seconds(organization) == 50


def test_failed_and_canceled_work_is_free_and_may_be_retried(organization: Organization) -> None:
    limit(organization, 100)
    usage.reserve(organization=organization, key="a", seconds=100)
    assert usage.release(key="a") is True
    assert usage.settle(key="a", seconds=100) is False
    assert usage.used_seconds(organization, EVER) == 0
    assert usage.remaining_seconds(organization) == 100
    again = usage.reserve(organization=organization, key="a", seconds=70)
    assert (again.status, again.reserved_seconds) == (UsageEntry.Status.RESERVED, 70)
    assert usage.remaining_seconds(organization) == 30


def test_never_charges_more_than_was_reserved(organization: Organization) -> None:
    usage.reserve(organization=organization, key="a", seconds=60)
    usage.settle(key="a", seconds=61)
    assert usage.used_seconds(organization, EVER) == 60


def test_what_was_never_reserved_costs_nothing(organization: Organization) -> None:
    assert usage.settle(key="ghost", seconds=60) is False
    assert usage.release(key="ghost") is False
    assert UsageEntry.objects.count() == 0


def test_last_month_does_not_count_but_its_retry_does(organization: Organization) -> None:
    limit(organization, 100)
    usage.reserve(organization=organization, key="old", seconds=90)
    usage.reserve(organization=organization, key="retried", seconds=10)
    usage.release(key="retried")
    UsageEntry.objects.update(created_at=usage.month_start() - timedelta(seconds=1))
    assert usage.remaining_seconds(organization) == 100
    usage.reserve(organization=organization, key="retried", seconds=10)
    assert usage.remaining_seconds(organization) == 90
    assert usage.used_seconds(organization, now()) == 0


def test_organizations_do_not_share(organization: Organization, other_organization: Organization) -> None:
    limit(organization, 10)
    limit(other_organization, 10)
    usage.reserve(organization=other_organization, key="theirs", seconds=10)
    assert usage.remaining_seconds(organization) == 10


class LedgerSums(TestCase):
    @settings(max_examples=30, deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from(["reserve", "settle", "release"]), st.sampled_from("abc"), st.integers(0, 60))
        )
    )
    def test_any_order_of_verbs_keeps_the_sums_right(self, verbs: list[tuple[str, str, int]]) -> None:
        """Against a model that is a dict: key -> (status, seconds)."""
        organization = make_organization()
        limit(organization, 100)
        model: dict[str, tuple[str, int]] = {}
        prefix = uuid.uuid4().hex
        for verb, key, seconds in verbs:
            status, held = model.get(key, ("", 0))
            if verb == "reserve":
                taken = sum(amount for state, amount in model.values() if state != "released")
                try:
                    usage.reserve(organization=organization, key=prefix + key, seconds=seconds)
                    assert status in {"reserved", "settled"} or taken + seconds <= 100
                    if status not in {"reserved", "settled"}:
                        model[key] = ("reserved", seconds)
                except QuotaExceeded:
                    assert taken + seconds > 100
            elif verb == "settle":
                assert usage.settle(key=prefix + key, seconds=seconds) is (status == "reserved")
                model |= {key: ("settled", min(held, seconds))} if status == "reserved" else {}
            else:
                assert usage.release(key=prefix + key) is (status == "reserved")
                model |= {key: ("released", 0)} if status == "reserved" else {}
        used = sum(amount for state, amount in model.values() if state == "settled")
        assert usage.used_seconds(organization, EVER) == used
        assert usage.committed_seconds(organization, EVER) == sum(amount for _, amount in model.values()) <= 100


@pytest.mark.django_db(transaction=True)
def test_two_threads_race_for_the_last_minute_a_hundred_times(organization: Organization) -> None:
    limit(organization, 60 * 100)
    refused: list[str] = []

    def run(name: str, barrier: threading.Barrier) -> None:
        for attempt in range(100):
            barrier.wait()
            try:
                usage.reserve(organization=organization, key=f"{name}-{attempt}", seconds=60)
            except QuotaExceeded:
                refused.append(name)
            barrier.wait()
            if name == "left":  # leave exactly one minute for the next round
                limit(organization, 60 * (attempt + 2))
            barrier.wait()
        connection.close()

    limit(organization, 60)
    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=run, args=(name, barrier)) for name in ("left", "right")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 100
    assert UsageEntry.objects.count() == 100
    assert usage.committed_seconds(organization, EVER) == 60 * 100
