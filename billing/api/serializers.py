"""What these routes accept and what they answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.reports.ledger import GroupBy
from billing.usage import month_start
from config.common.api import StrictSerializer
from config.common.clock import now

LONGEST = timedelta(days=400)


@extend_schema_field(OpenApiTypes.STR)
class MomentField(serializers.DateTimeField):
    """A moment, or a day, which means its first moment, or with `ends` the last of it."""

    def __init__(self, *, ends: bool = False, **options: Any) -> None:
        self.ends = ends
        super().__init__(default_timezone=UTC, **options)

    def to_internal_value(self, value: Any) -> datetime:
        day = _day(value)
        if day is None:
            return super().to_internal_value(value).astimezone(UTC)
        if self.ends and day == date.max:
            self.fail("overflow")
        return datetime.combine(day, time(), UTC) + timedelta(days=1 if self.ends else 0)


def _day(value: Any) -> date | None:
    try:
        return parse_date(value) if isinstance(value, str) else None
    except ValueError:
        return None  # the moment's own parser says what is wrong


class SpanQuerySerializer(StrictSerializer):
    """`from` and `to` are moments or days of UTC; a day in `to` is counted whole."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        since = MomentField(required=False, help_text="Day or moment; the first of this month.")
        until = MomentField(ends=True, required=False, help_text="Day, which is counted whole, or moment; now.")
        return {"from": since, "to": until, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        until = attrs.get("to") or now()
        # `until` is not included: the first moment of a month ends the month before.
        since = attrs.get("from") or month_start(until - datetime.resolution)
        if not since < until:
            raise serializers.ValidationError({"to": _("`to` must be later than `from`.")})
        if until - since > LONGEST:
            raise serializers.ValidationError({"from": _("Ask for %(days)d days at most.") % {"days": LONGEST.days}})
        return {**attrs, "from": since, "to": until}


class UsageQuerySerializer(SpanQuerySerializer):
    group_by = serializers.ChoiceField([group.value for group in GroupBy], default=GroupBy.DAY.value)


class UsageGroupSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(allow_null=True, help_text="A day, an id or a model; null for nobody's.")
    name = serializers.CharField(allow_null=True, help_text="What people call it; null for nobody's and what is gone.")
    audio_seconds = serializers.IntegerField()
    jobs = serializers.IntegerField()


class PeriodSerializer(serializers.Serializer[Any]):
    """The stretch of included time that runs now, whatever days were asked for. Null limits: there is no end."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField(help_text="Not included.")
    included_seconds = serializers.IntegerField(allow_null=True)
    used_seconds = serializers.IntegerField(help_text="With what the staff corrected.")
    reserved_seconds = serializers.IntegerField(help_text="Held by jobs that wait or run.")
    adjusted_seconds = serializers.IntegerField(help_text="What the staff corrected; below zero is time given back.")
    overage_seconds = serializers.IntegerField(help_text="Of the used ones, past what is included.")
    remaining_seconds = serializers.IntegerField(allow_null=True, help_text="What may still be begun.")


class StorageSerializer(serializers.Serializer[Any]):
    used_bytes = serializers.IntegerField(help_text="Stored and on their way, the trash included.")
    limit_bytes = serializers.IntegerField(allow_null=True)
    remaining_bytes = serializers.IntegerField(allow_null=True)


class SeatsSerializer(serializers.Serializer[Any]):
    taken = serializers.IntegerField(help_text="Members and open invitations.")
    limit = serializers.IntegerField(allow_null=True)
    remaining = serializers.IntegerField(allow_null=True)


class UsageSerializer(serializers.Serializer[Any]):
    data = UsageGroupSerializer(many=True)  # type: ignore[assignment] # an answer's field, not the input
    total_audio_seconds = serializers.IntegerField()
    period = PeriodSerializer()
    storage = StorageSerializer()
    seats = SeatsSerializer()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        bounds = {"from": serializers.DateTimeField(), "to": serializers.DateTimeField(help_text="Not included.")}
        return {**super().get_fields(), **bounds}
