"""The ledger: the limit holds, repeats change nothing, failed work is free."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from billing import usage
from billing.models import Account, UsageEntry
from billing.quota.periods import calendar_month
from config.common.clock import iso, now
from config.common.errors import QuotaExceeded
from media.services import recordings
from organizations.authenticate import caller_for_user
from organizations.models import Organization
from tests.factories import make_recording
from transcription.services import jobs

pytestmark = pytest.mark.django_db
EVER = datetime(2000, 1, 1, tzinfo=UTC)


def limit(organization: Organization, seconds: int | None) -> None:
    Account.objects.update_or_create(organization=organization, defaults={"included_seconds": seconds})


def next_month() -> datetime:
    return calendar_month(now()).end


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
    assert refused.value.extra == {"needed_seconds": 1, "remaining_seconds": 0, "period_end": iso(next_month())}
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


def test_a_recording_that_is_purged_gives_back_what_its_jobs_hold(organization: Organization, alice: User) -> None:
    caller = caller_for_user(alice, organization.slug)
    recording = make_recording(organization, duration_ms=60_000)
    jobs.submit(caller=caller, recording=recording, options={})
    assert usage.committed_seconds(organization, EVER) == 60
    recordings.purge_now(caller=caller, recording=recording)
    assert usage.committed_seconds(organization, EVER) == 0
