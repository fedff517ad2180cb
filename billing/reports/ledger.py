"""What an organization has used, read from the ledger. Only settled lines count: what failed or runs costs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.expressions import Combinable
from django.db.models.fields import TextField
from django.db.models.functions import Cast, TruncDate

from billing.models import UsageEntry
from billing.reports import names
from config.common.clock import iso
from organizations.models import Organization

CHUNK = 1000
COLUMNS = (
    "time",
    "kind",
    "status",
    "key",
    "member",
    "api_key",
    "project",
    "model",
    "reserved_seconds",
    "used_seconds",
    "overage_seconds",
    "reason",
)


class GroupBy(StrEnum):
    DAY = "day"
    MEMBER = "member"
    PROJECT = "project"
    KEY = "key"
    MODEL = "model"


def _column(group_by: GroupBy, zone: tzinfo) -> Combinable:
    """What lines are sorted under, as text: a date, an id, or a model's name."""
    if group_by is GroupBy.DAY:
        return Cast(TruncDate("created_at", tzinfo=zone), TextField())
    if group_by is GroupBy.MODEL:
        return F("model")
    return Cast("api_key" if group_by is GroupBy.KEY else group_by.value, TextField())


def usage(
    organization: Organization, *, since: datetime, until: datetime, group_by: GroupBy, zone: tzinfo = UTC
) -> list[dict[str, Any]]:
    """`{"key", "name", "audio_seconds", "jobs"}` for [since, until): days in their order, all else by seconds.

    `key` is None for what belongs to nobody: work of an API key has no member, a recording may have no project. `name`
    is None for that, and for what is gone. Days are those of `zone`; what the staff corrected is not among the jobs.
    """
    jobs = _lines(organization, since, until).filter(status=UsageEntry.Status.SETTLED, kind=UsageEntry.Kind.JOB)
    order = ("group",) if group_by is GroupBy.DAY else ("-seconds", "group")
    rows = jobs.order_by().annotate(group=_column(group_by, zone)).values("group")
    summed = list(rows.annotate(seconds=Sum("used_seconds"), lines=Count("pk")).order_by(*order))
    known = names.resolve(organization, group_by.value, [row["group"] for row in summed])
    return [
        {
            "key": row["group"] or None,
            "name": known.get(row["group"] or ""),
            "audio_seconds": row["seconds"],
            "jobs": row["lines"],
        }
        for row in summed
    ]


def table(organization: Organization, *, since: datetime, until: datetime) -> Iterator[list[Any]]:
    """A row of `COLUMNS` for each line of the ledger, oldest first, read in portions."""
    lines = _lines(organization, since, until).order_by("created_at", "pk")
    known = {kind: _names(organization, lines, kind) for kind in (GroupBy.MEMBER, GroupBy.KEY, GroupBy.PROJECT)}
    for line in lines.iterator(chunk_size=CHUNK):
        yield [
            iso(line.created_at),
            line.kind,
            line.status,
            line.key,
            _named(known[GroupBy.MEMBER], line.member),
            _named(known[GroupBy.KEY], line.api_key),
            _named(known[GroupBy.PROJECT], line.project),
            line.model,
            line.reserved_seconds,
            line.used_seconds,
            line.overage_seconds,
            line.reason,
        ]


def _names(organization: Organization, lines: QuerySet[UsageEntry], kind: GroupBy) -> dict[str, str]:
    column = "api_key" if kind is GroupBy.KEY else kind.value
    ids = lines.order_by().exclude(**{column: None}).values_list(column, flat=True).distinct()
    return names.resolve(organization, kind.value, [str(one) for one in ids])


def _named(known: dict[str, str], one: object) -> str:
    """By its name; by its id when that is all there is left."""
    return known.get(str(one), str(one)) if one else ""


def _lines(organization: Organization, since: datetime, until: datetime) -> QuerySet[UsageEntry]:
    found: QuerySet[UsageEntry] = UsageEntry.objects.filter(
        organization=organization, created_at__gte=since, created_at__lt=until
    )
    return found
