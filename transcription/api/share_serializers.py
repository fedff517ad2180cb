"""What share links and archives accept and answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from config.common.api import StrictSerializer
from transcription.asr.export import FORMATS
from transcription.services.archives import MOST
from transcription.services.shares import SHORTEST_PASSWORD


class NewShareSerializer(StrictSerializer):
    name = serializers.CharField(max_length=100, allow_blank=True, default="", help_text="Only your people see it.")
    expires_at = serializers.DateTimeField(allow_null=True, default=None, help_text="Null: until it is revoked.")
    password = serializers.CharField(
        min_length=SHORTEST_PASSWORD, max_length=128, allow_blank=True, default="", trim_whitespace=False
    )
    allow_download = serializers.BooleanField(default=False)
    show_speakers = serializers.BooleanField(default=True, help_text="Whether readers see the speakers' names.")


class ShareSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    transcript = serializers.UUIDField()
    name = serializers.CharField(allow_blank=True)
    is_open = serializers.BooleanField(help_text="Neither revoked nor expired.")
    has_password = serializers.BooleanField()
    allow_download = serializers.BooleanField()
    show_speakers = serializers.BooleanField()
    views = serializers.IntegerField()
    last_viewed_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class CreatedShareSerializer(ShareSerializer):
    url = serializers.URLField(help_text="The link. It is shown only now.")


class ArchiveRequestSerializer(StrictSerializer):
    transcripts = serializers.ListField(child=serializers.UUIDField(), max_length=MOST, default=list)
    recordings = serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST, default=list, help_text="The newest transcript of each."
    )
    format = serializers.ChoiceField(sorted(FORMATS), default="txt")
    options = serializers.DictField(default=dict, help_text="As in the query of `export`: `speakers`, `max_chars` …")
