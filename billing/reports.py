"""What an organization has used, read from the ledger. Only settled lines count: what failed or runs costs nothing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, F, Sum
from django.db.models.expressions import Combinable
from django.db.models.fields import TextField
from django.db.models.functions import Cast, TruncDate

from billing.models import UsageEntry
from organizations.models import Organization


class GroupBy(StrEnum):
    DAY = "day"
    MEMBER = "member"
    PROJECT = "project"
    KEY = "key"
    MODEL = "model"


def _column(group_by: GroupBy) -> Combinable:
    """What lines are sorted under, as text: a date of UTC, an id, or a model's name."""
    if group_by is GroupBy.DAY:
        return Cast(TruncDate("created_at"), TextField())
    if group_by is GroupBy.MODEL:
        return F("model")
    return Cast("api_key" if group_by is GroupBy.KEY else group_by.value, TextField())


def usage(organization: Organization, *, since: datetime, until: datetime, group_by: GroupBy) -> list[dict[str, Any]]:
    """`{"key", "audio_seconds", "jobs"}` for [since, until): days in their order, all else by seconds, most first.

    `key` is None for what belongs to nobody: work of an API key has no member, a recording may have no project.
    """
    lines = UsageEntry.objects.filter(
        organization=organization, status=UsageEntry.Status.SETTLED, created_at__gte=since, created_at__lt=until
    )
    order = ("group",) if group_by is GroupBy.DAY else ("-seconds", "group")
    rows = lines.order_by().annotate(group=_column(group_by)).values("group")
    summed = rows.annotate(seconds=Sum("used_seconds"), lines=Count("pk")).order_by(*order)
    return [{"key": row["group"] or None, "audio_seconds": row["seconds"], "jobs": row["lines"]} for row in summed]
