"""THE quota door: seconds of audio are reserved before the work, settled or released after it.

One line of the ledger per key (a job's id), so that every verb may be repeated without harm. Whoever reserves holds the
lock of the organization's account row: two submits at once take the last minute one after the other.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, Sum, Value, When
from django.db.models.functions import Least

from billing.models import Account, UsageEntry
from config.common.clock import now
from config.common.errors import QuotaExceeded
from organizations.models import Organization

Status = UsageEntry.Status


@transaction.atomic
def reserve(
    *,
    organization: Organization,
    key: str,
    seconds: int,
    member: UUID | None = None,
    api_key: UUID | None = None,
    project: UUID | None = None,
    model: str = "",
) -> UsageEntry:
    """Hold `seconds` for `key`. Raises QuotaExceeded, and then nothing is held.

    A key that holds or has used something keeps what it has. A released one (a job that is retried) reserves afresh,
    and counts for the month of the retry.
    """
    account = _locked_account(organization)
    entry = UsageEntry.objects.filter(organization=organization, key=key).first()
    if entry is not None and entry.status != Status.RELEASED:
        held: UsageEntry = entry
        return held
    _check(account, seconds)
    tags = {"member": member, "api_key": api_key, "project": project, "model": model}
    line = {"status": Status.RESERVED, "reserved_seconds": seconds, "used_seconds": 0, "settled_at": None, **tags}
    if entry is None:
        return UsageEntry.objects.create(organization=organization, key=key, **line)
    UsageEntry.objects.filter(pk=entry.pk).update(created_at=now(), updated_at=now(), **line)
    entry.refresh_from_db()
    again: UsageEntry = entry
    return again


def settle(*, key: str, seconds: int) -> bool:
    """The work of `key` is done and took `seconds`; True the first time. Never more than was reserved is charged.

    What is not reserved (any more) costs nothing: a released line stays released.
    """
    moment = now()
    return bool(
        UsageEntry.objects.filter(key=key, status=Status.RESERVED).update(
            status=Status.SETTLED,
            used_seconds=Least(F("reserved_seconds"), Value(max(0, seconds))),
            settled_at=moment,
            updated_at=moment,
        )
    )


def release(*, key: str) -> bool:
    """The work of `key` failed or was canceled and costs nothing; True the first time. Settled lines stay."""
    held = UsageEntry.objects.filter(key=key, status=Status.RESERVED)
    return bool(held.update(status=Status.RELEASED, used_seconds=0, settled_at=None, updated_at=now()))


def detach(organization: Organization) -> int:
    """The organization goes for good: its lines stay, without the people and things they named; how many."""
    lines = UsageEntry.objects.filter(organization=organization)
    return int(lines.update(member=None, api_key=None, project=None, updated_at=now()))


def used_seconds(organization: Organization, since: datetime) -> int:
    """Seconds of finished work since `since`."""
    lines = UsageEntry.objects.filter(organization=organization, status=Status.SETTLED, created_at__gte=since)
    return int(lines.aggregate(total=Sum("used_seconds"))["total"] or 0)


def committed_seconds(organization: Organization, since: datetime) -> int:
    """Seconds used and held since `since`: what the limit is measured against."""
    counted = Case(
        When(status=Status.SETTLED, then=F("used_seconds")),
        When(status=Status.RESERVED, then=F("reserved_seconds")),
        default=Value(0),
    )
    lines = UsageEntry.objects.filter(organization=organization, created_at__gte=since)
    return int(lines.aggregate(total=Sum(counted))["total"] or 0)


def remaining_seconds(organization: Organization) -> int | None:
    """What may still be reserved this month; None when nothing limits it."""
    account = Account.objects.filter(organization=organization).first()
    if account is None or account.included_seconds is None:
        return None
    left: int = account.included_seconds - committed_seconds(organization, month_start())
    return max(0, left)


def month_start(moment: datetime | None = None) -> datetime:
    """The first moment of the month in UTC, when the included seconds begin anew."""
    return (moment or now()).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _locked_account(organization: Organization) -> Account:
    Account.objects.get_or_create(organization=organization)
    account: Account = Account.objects.select_for_update().get(organization=organization)
    return account


def _check(account: Account, seconds: int) -> None:
    if account.included_seconds is None:
        return
    left = account.included_seconds - committed_seconds(account.organization, month_start())
    if seconds > left:
        raise QuotaExceeded(
            f"This needs {seconds} seconds of audio and {max(0, left)} are left this month. "
            "Wait for the next month or ask the organization's owner for a larger plan.",
            extra={"needed_seconds": seconds, "remaining_seconds": max(0, left)},
        )
