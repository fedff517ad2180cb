"""THE quota door: seconds of audio are reserved before the work, settled or released after it.

One line of the ledger per key (a job's id), so that every verb may be repeated without harm. Whoever reserves holds the
lock of the organization's account row: two submits at once take the last minute one after the other. Work that runs
is never stopped: it was reserved, and it settles in the period of its reservation.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import BigIntegerField, Case, F, Sum, Value, When
from django.db.models.functions import Least
from django.utils.translation import ngettext

from billing.gateway import metering
from billing.models import UsageEntry
from billing.quota import thresholds
from billing.quota.limits import Limits, limits_for, limits_of, locked_account, require_writable
from billing.quota.periods import Period, calendar_month
from billing.quota.refusals import refusal, what_to_do
from config.common.clock import iso, now
from organizations.models import Organization

Status = UsageEntry.Status
MINUTE = 60


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
    and counts for the period of the retry.
    """
    account = locked_account(organization)
    entry = UsageEntry.objects.filter(organization=organization, key=key).first()
    if entry is not None and entry.status != Status.RELEASED:
        held: UsageEntry = entry
        return held
    _check(organization, limits_for(account), seconds)
    tags = {"member": member, "api_key": api_key, "project": project, "model": model}
    line = {"status": Status.RESERVED, "reserved_seconds": seconds, "used_seconds": 0, "settled_at": None, **tags}
    if entry is None:
        return UsageEntry.objects.create(organization=organization, key=key, **line)
    UsageEntry.objects.filter(pk=entry.pk).update(created_at=now(), updated_at=now(), **line)
    entry.refresh_from_db()
    again: UsageEntry = entry
    return again


@transaction.atomic
def settle(*, key: str, seconds: int) -> bool:
    """The work of `key` is done and took `seconds`; True the first time. Never more than was reserved is charged.

    What is not reserved (any more) costs nothing: a released line stays released.
    """
    entry = UsageEntry.objects.filter(key=key, status=Status.RESERVED).select_related("organization").first()
    if entry is None:
        return False
    # Where something has an end, lines settle one after the other: which of them passes it must be certain.
    limited = limits_of(entry.organization).included_seconds is not None
    account = locked_account(entry.organization) if limited else None
    moment = now()
    settled = UsageEntry.objects.filter(pk=entry.pk, status=Status.RESERVED).update(
        status=Status.SETTLED,
        used_seconds=Least(F("reserved_seconds"), Value(max(0, seconds))),
        settled_at=moment,
        updated_at=moment,
    )
    if settled and account is not None:
        entry.refresh_from_db()
        _count(entry, limits_for(account, at=entry.created_at))
    return bool(settled)


def release(*, key: str) -> bool:
    """The work of `key` failed or was canceled and costs nothing; True the first time. Settled lines stay."""
    held = UsageEntry.objects.filter(key=key, status=Status.RESERVED)
    return bool(held.update(status=Status.RELEASED, used_seconds=0, settled_at=None, updated_at=now()))


def detach(organization: Organization) -> int:
    """The organization goes for good: its lines stay, without the people and things they named; how many."""
    lines = UsageEntry.objects.filter(organization=organization)
    return int(lines.update(member=None, api_key=None, project=None, updated_at=now()))


def used_seconds(organization: Organization, since: datetime, until: datetime | None = None) -> int:
    """Seconds of finished work since `since`, with what the staff corrected."""
    lines = UsageEntry.objects.filter(organization=organization, status=Status.SETTLED, created_at__gte=since)
    if until is not None:
        lines = lines.filter(created_at__lt=until)
    return int(lines.aggregate(total=Sum("used_seconds"))["total"] or 0)


def committed_seconds(organization: Organization, since: datetime) -> int:
    """Seconds used and held since `since`: what the limit is measured against."""
    counted = Case(
        When(status=Status.SETTLED, then=F("used_seconds")),
        When(status=Status.RESERVED, then=F("reserved_seconds")),
        default=Value(0),
        output_field=BigIntegerField(),
    )
    lines = UsageEntry.objects.filter(organization=organization, created_at__gte=since)
    return int(lines.aggregate(total=Sum(counted))["total"] or 0)


def remaining_seconds(organization: Organization, limits: Limits | None = None) -> int | None:
    """What may still be reserved in this period, overage included; None when nothing limits it."""
    limits = limits or limits_of(organization)
    if limits.ceiling_seconds is None:
        return None
    return max(0, limits.ceiling_seconds - committed_seconds(organization, limits.period.start))


def month_start(moment: datetime | None = None) -> datetime:
    """The first moment of the calendar's month in UTC."""
    return calendar_month(moment or now()).start


def _check(organization: Organization, limits: Limits, seconds: int) -> None:
    require_writable(organization, limits)
    if limits.ceiling_seconds is None:
        return
    left = limits.ceiling_seconds - committed_seconds(organization, limits.period.start)
    if seconds > left:
        raise _exceeded(organization, limits.period, seconds, max(0, left))


def _exceeded(organization: Organization, period: Period, needed: int, left: int) -> Exception:
    words = ngettext(
        "This needs %(needed)d minute of audio; %(left)d are left until %(day)s.",
        "This needs %(needed)d minutes of audio; %(left)d are left until %(day)s.",
        -(-needed // MINUTE),
    )
    detail = words % {"needed": -(-needed // MINUTE), "left": left // MINUTE, "day": period.end.date().isoformat()}
    figures = {"needed_seconds": needed, "remaining_seconds": left, "period_end": iso(period.end)}
    return refusal(organization, f"{detail} {what_to_do()}", error_type="quota_exceeded", **figures)


def _count(entry: UsageEntry, limits: Limits) -> None:
    """What a line that has just settled means for the bill and for the people. Its account is locked."""
    if limits.included_seconds is None:
        return
    used = used_seconds(entry.organization, limits.period.start, limits.period.end)
    past = min(entry.used_seconds, max(0, used - limits.included_seconds))
    if past and limits.overage_billed:
        UsageEntry.objects.filter(pk=entry.pk).update(overage_seconds=past)
        metering.note(entry_key=entry.key, organization=entry.organization, seconds=past)
    thresholds.tell(entry.organization, limits, used)
