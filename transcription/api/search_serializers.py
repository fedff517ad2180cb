"""What search accepts and answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from config.common.api import StrictSerializer
from transcription.services.search import LINES_SHOWN, LONGEST_QUERY, PAGE


class SearchQuerySerializer(StrictSerializer):
    q = serializers.CharField(max_length=LONGEST_QUERY)
    language = serializers.CharField(max_length=8, default="")
    speaker = serializers.CharField(max_length=200, default="")
    project = serializers.UUIDField(default=None)
    media = serializers.UUIDField(default=None)
    to = serializers.DateField(default=None)
    lines = serializers.IntegerField(min_value=1, default=LINES_SHOWN)
    limit = serializers.IntegerField(min_value=1, default=PAGE)
    cursor = serializers.CharField(default="")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # `from` is no name that Python allows for an attribute.
        return super().get_fields() | {"from": serializers.DateField(default=None)}


class FoundMediaSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    project = serializers.UUIDField(allow_null=True)
    duration = serializers.FloatField(allow_null=True)
    created_at = serializers.DateTimeField()


class FoundSpeakerSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment] # an answer's field, not the form label
    name = serializers.CharField(allow_blank=True)


class FoundLineSerializer(serializers.Serializer[Any]):
    transcript = serializers.UUIDField()
    segment = serializers.UUIDField()
    start = serializers.FloatField()
    end = serializers.FloatField()
    at = serializers.FloatField(help_text="Seconds: when the first hit is heard.")
    speaker = FoundSpeakerSerializer(allow_null=True)
    language = serializers.CharField(allow_null=True)
    text = serializers.CharField(help_text="The line, or the part of a long one around its first hit.")
    hits = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="[start, end) of each hit in `text`, in Unicode characters.",
    )
    html = serializers.CharField(help_text="`text` escaped, with the hits in <mark>.")


class SearchGroupSerializer(serializers.Serializer[Any]):
    media = FoundMediaSerializer()
    count = serializers.IntegerField(help_text="Lines of the recording that were found.")
    lines = FoundLineSerializer(many=True)


class SearchPageSerializer(serializers.Serializer[Any]):
    data = SearchGroupSerializer(many=True)  # type: ignore[assignment] # an answer's field, not the check's result
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    corrected_query = serializers.CharField(
        allow_null=True, help_text="What was searched for instead, where nothing has the query as it was typed."
    )
