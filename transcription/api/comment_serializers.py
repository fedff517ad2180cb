"""What comments, highlights and the review accept and answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from config.common.api import StrictSerializer
from transcription.api.serializers import AuthorSerializer
from transcription.models import HighlightColour, ReviewStatus
from transcription.models.comments import LONGEST_COMMENT, LONGEST_NOTE
from transcription.services.mentions import MOST_MENTIONS
from transcription.services.options import LATEST_SECONDS as LATEST


class CommentTextSerializer(StrictSerializer):
    text = serializers.CharField(
        max_length=LONGEST_COMMENT, help_text="`@` and a name or an address mentions that person."
    )
    mentions = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MOST_MENTIONS,
        default=list,
        help_text="Ids of people who are mentioned without being named.",
    )


class NewCommentSerializer(CommentTextSerializer):
    at = serializers.FloatField(min_value=0, max_value=LATEST, default=0, help_text="Seconds. An answer has none.")
    parent = serializers.UUIDField(  # type: ignore[assignment] # a field, not the serializer above this one
        allow_null=True, default=None, help_text="The comment that is answered."
    )


class AnswerSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    transcript = serializers.UUIDField()
    parent = serializers.UUIDField(allow_null=True)  # type: ignore[assignment] # a field, not the serializer above this one
    at = serializers.FloatField()
    text = serializers.CharField()
    author = AuthorSerializer(allow_null=True)
    mentions = serializers.ListField(child=serializers.UUIDField())
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)


class CommentSerializer(AnswerSerializer):
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_by = AuthorSerializer(allow_null=True)
    replies = AnswerSerializer(many=True)


class NewHighlightSerializer(StrictSerializer):
    start = serializers.FloatField(min_value=0, max_value=LATEST)
    end = serializers.FloatField(min_value=0, max_value=LATEST)
    colour = serializers.ChoiceField(HighlightColour.choices, default=HighlightColour.YELLOW)
    note = serializers.CharField(max_length=LONGEST_NOTE, allow_blank=True, default="")


class HighlightSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    transcript = serializers.UUIDField()
    start = serializers.FloatField()
    end = serializers.FloatField()
    colour = serializers.ChoiceField(HighlightColour.choices)
    note = serializers.CharField(allow_blank=True)
    author = AuthorSerializer(allow_null=True)
    created_at = serializers.DateTimeField()


class ReviewSerializer(StrictSerializer):
    status = serializers.ChoiceField(ReviewStatus.choices, help_text="`final` locks the text.")


class ReviewedSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(ReviewStatus.choices)
    locked = serializers.BooleanField()
    changed_at = serializers.DateTimeField(allow_null=True)
    changed_by = AuthorSerializer(allow_null=True)
