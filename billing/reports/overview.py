"""Where an organization stands now: of each thing that is counted, how much is used, held, and left."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, Sum

from billing.models import UsageEntry
from billing.quota import seats, stored
from billing.quota.limits import Limits, limits_of
from organizations.models import Organization

Status = UsageEntry.Status


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds of audio of this period. `used` holds what the staff corrected, which is `adjusted`."""

    included: int | None
    used: int
    reserved: int
    adjusted: int
    overage: int
    ceiling: int | None

    @property
    def remaining(self) -> int | None:
        """What may still be begun, overage included."""
        return None if self.ceiling is None else max(0, self.ceiling - self.used - self.reserved)

    @property
    def left(self) -> int | None:
        """What is left of the included time."""
        return None if self.included is None else max(0, self.included - self.used - self.reserved)


@dataclass(frozen=True, slots=True)
class Amount:
    """Bytes or seats."""

    used: int
    limit: int | None

    @property
    def remaining(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)


@dataclass(frozen=True, slots=True)
class Overview:
    limits: Limits
    time: Time
    storage: Amount
    seats: Amount


def of(organization: Organization) -> Overview:
    limits = limits_of(organization)
    return Overview(
        limits,
        time_of(organization, limits),
        Amount(stored.used_bytes(organization), limits.storage_bytes),
        Amount(seats.taken(organization), limits.seats),
    )


def time_of(organization: Organization, limits: Limits) -> Time:
    lines = UsageEntry.objects.filter(
        organization=organization, created_at__gte=limits.period.start, created_at__lt=limits.period.end
    )
    settled = Q(status=Status.SETTLED)
    sums = lines.aggregate(
        used=Sum("used_seconds", filter=settled, default=0),
        adjusted=Sum("used_seconds", filter=Q(kind=UsageEntry.Kind.ADJUSTMENT), default=0),
        overage=Sum("overage_seconds", filter=settled, default=0),
        reserved=Sum("reserved_seconds", filter=Q(status=Status.RESERVED), default=0),
    )
    return Time(included=limits.included_seconds, ceiling=limits.ceiling_seconds, **sums)


def time_left(organization: Organization) -> tuple[Limits, Time] | None:
    """For pages that mention it in passing; None where the time has no end."""
    limits = limits_of(organization)
    return None if limits.included_seconds is None else (limits, time_of(organization, limits))
