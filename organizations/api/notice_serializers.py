"""What a person wants to be told, and how: one field for each kind of news and each channel that there is."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.notices import Channel, Notice
from config.common.api import StrictSerializer


class ChannelsSerializer(StrictSerializer):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {channel.value: serializers.BooleanField(required=False) for channel in Channel}


class NoticesSerializer(StrictSerializer):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {notice.value: ChannelsSerializer(required=False) for notice in Notice}
