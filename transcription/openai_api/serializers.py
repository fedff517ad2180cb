"""What these routes answer, for the schema. `formats` builds the values."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class UsageDurationSerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(["duration"])
    seconds = serializers.IntegerField()


class TranscribedWordSerializer(serializers.Serializer[Any]):
    word = serializers.CharField()
    start = serializers.FloatField()
    end = serializers.FloatField()


class TranscribedSegmentSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    seek = serializers.IntegerField()
    start = serializers.FloatField()
    end = serializers.FloatField()
    text = serializers.CharField(allow_blank=True)
    tokens = serializers.ListField(child=serializers.IntegerField(), help_text="Empty: not every engine has any.")
    temperature = serializers.FloatField()
    avg_logprob = serializers.FloatField(help_text="From the words' confidence; 0 where the engine has none.")
    compression_ratio = serializers.FloatField()
    no_speech_prob = serializers.FloatField(help_text="Always 0: silence is cut off before.")


class TranscriptionSerializer(serializers.Serializer[Any]):
    """`json` has text and usage; `verbose_json` also the rest."""

    text = serializers.CharField(allow_blank=True)
    usage = UsageDurationSerializer()
    task = serializers.CharField(required=False)
    language = serializers.CharField(required=False, help_text="In English: `arabic`.")
    duration = serializers.FloatField(required=False)
    segments = TranscribedSegmentSerializer(many=True, required=False)
    words = TranscribedWordSerializer(many=True, required=False)


class OpenAIModelSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    object = serializers.ChoiceField(["model"])
    created = serializers.IntegerField()
    owned_by = serializers.CharField()


class OpenAIModelListSerializer(serializers.Serializer[Any]):
    object = serializers.ChoiceField(["list"])
    data = OpenAIModelSerializer(many=True)  # type: ignore[assignment] # an answer's field, not the input
