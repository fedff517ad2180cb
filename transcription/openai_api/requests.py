"""The form of a transcription request, read and turned into options of a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from rest_framework import serializers

from config.common.api import StrictSerializer, validated
from config.common.errors import Invalid, NotFound
from transcription.services import engines

FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
STREAMABLE = ("json", "text")
GRANULARITIES = ("word", "segment")
# Names of OpenAI's own models, by which existing programs ask for "your best".
ALIASES = ("whisper-1", "gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe")
LISTS = ("timestamp_granularities", "keywords", "include")
# How sound is cut is ours to decide; what only tunes that is accepted and changes nothing.
IGNORED = ("chunking_strategy",)
LANGUAGE = r"^[A-Za-z]{2,3}(-[A-Za-z]{2,4})?$"


class TranslationFormSerializer(StrictSerializer):
    file = serializers.FileField(allow_empty_file=True)
    model = serializers.CharField(max_length=200, help_text="One of `/v1/models`; `whisper-1` means our default.")
    prompt = serializers.CharField(max_length=2000, allow_blank=True, default="")
    response_format = serializers.ChoiceField(FORMATS, default="json")
    temperature = serializers.FloatField(min_value=0, max_value=1, default=0)


class TranscriptionFormSerializer(TranslationFormSerializer):
    language = serializers.RegexField(LANGUAGE, allow_blank=True, default="", help_text="ISO 639 code; empty: detect.")
    stream = serializers.BooleanField(default=False)
    timestamp_granularities = serializers.ListField(child=serializers.ChoiceField(GRANULARITIES), required=False)
    keywords = serializers.ListField(child=serializers.CharField(max_length=100), max_length=500, required=False)
    include = serializers.ListField(child=serializers.CharField(max_length=40), max_length=10, required=False)

    def validate_include(self, value: list[str]) -> list[str]:
        if value:
            raise serializers.ValidationError("Log probabilities are not available here. Leave `include` out.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        shape = attrs["response_format"]
        if attrs.get("timestamp_granularities") and shape != "verbose_json":
            message = "Set `response_format` to verbose_json to have timestamps."
            raise serializers.ValidationError({"timestamp_granularities": message})
        if attrs["stream"] and shape not in STREAMABLE:
            raise serializers.ValidationError({"stream": "Only the formats json and text can be streamed."})
        return attrs


@dataclass(frozen=True, slots=True)
class AudioRequest:
    """`options` is what `services.jobs.submit` takes."""

    file: UploadedFile
    options: dict[str, Any]
    response_format: str
    stream: bool = False
    granularities: tuple[str, ...] = field(default=("segment",))


def read(form: QueryDict, *, translate: bool) -> AudioRequest:
    """Raises Invalid, and NotFound `model_not_found`."""
    serializer = TranslationFormSerializer if translate else TranscriptionFormSerializer
    asked = validated(serializer, _plain(form))
    return AudioRequest(
        file=cast(UploadedFile, asked["file"]),
        options=_options(asked, translate=translate),
        response_format=asked["response_format"],
        stream=asked.get("stream", False),
        granularities=tuple(asked.get("timestamp_granularities") or ("segment",)),
    )


def _plain(form: QueryDict) -> dict[str, Any]:
    """The last value of each field, all values of lists; `name[]` and `name` are the same."""
    plain: dict[str, Any] = {}
    for name in form:
        bare = name.partition("[")[0]
        if bare in IGNORED:
            continue
        plain[bare] = [*plain.get(bare, []), *form.getlist(name)] if bare in LISTS else form[name]
    return plain


def _options(asked: Mapping[str, Any], *, translate: bool) -> dict[str, Any]:
    """Their formats have no speakers, so none are looked for. Temperature 0 is what they call our fallback ladder."""
    options: dict[str, Any] = {"mode": "mono", "diarization": {"enabled": False}, "model": model_named(asked["model"])}
    if translate:
        options["task"] = "translate"
    if asked["prompt"]:
        options["initial_prompt"] = asked["prompt"]
    if asked["temperature"]:
        options["temperature"] = [asked["temperature"]]
    if asked.get("language"):
        options["language"] = asked["language"].partition("-")[0].lower()
    if asked.get("keywords"):
        options["vocabulary"] = asked["keywords"]
    return options


def is_alias(name: str) -> bool:
    """Also of dated versions: `gpt-4o-mini-transcribe-2025-12-15`."""
    return any(name == alias or (alias.endswith("transcribe") and name.startswith(f"{alias}-")) for alias in ALIASES)


def model_named(name: str) -> str:
    """What a job calls the model. Raises NotFound `model_not_found`."""
    if name == "auto" or is_alias(name):
        return "auto"
    try:
        engines.choose("auto", name)
    except Invalid:
        detail = f"The model “{name}” does not exist here. GET /v1/models lists those that do."
        raise NotFound(detail, error_type="model_not_found") from None
    return name
