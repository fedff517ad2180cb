"""What the API accepts and what it answers. The answers' serializers describe; `presenters` builds the values."""

from __future__ import annotations

from typing import Any

import orjson
from django.utils.translation import gettext as _
from rest_framework import serializers

from config.common.api import StrictSerializer
from transcription.asr.options import MOST_SPEAKERS
from transcription.asr.text.dialects import DIALECTS
from transcription.models import ReviewStatus
from transcription.states import JobStatus, StepKind, StepStatus

MAX_METADATA_BYTES = 16_384


class DiarizationSerializer(StrictSerializer):
    enabled = serializers.BooleanField(allow_null=True, default=None)
    method = serializers.ChoiceField(["auto", "pyannote", "channel", "embedded"], default="auto")
    speakers = serializers.IntegerField(min_value=1, max_value=MOST_SPEAKERS, allow_null=True, default=None)
    min_speakers = serializers.IntegerField(min_value=1, max_value=MOST_SPEAKERS, allow_null=True, default=None)
    max_speakers = serializers.IntegerField(min_value=1, max_value=MOST_SPEAKERS, allow_null=True, default=None)


class RediarizeSerializer(StrictSerializer):
    diarization = DiarizationSerializer(default=dict)


class VadSerializer(StrictSerializer):
    enabled = serializers.BooleanField(required=False, help_text="True unless the server says otherwise.")
    min_silence = serializers.FloatField(
        min_value=0.05, max_value=10, required=False, help_text="Seconds; 0.5 unless the server says otherwise."
    )


class JobOptionsSerializer(StrictSerializer):
    """Every option of a job; the first value of an alternative is the default."""

    engine = serializers.CharField(max_length=40, required=False)
    model = serializers.CharField(max_length=200, required=False)
    language = serializers.RegexField(
        r"^(auto|multi|[a-z]{2,3})$",
        required=False,
        help_text="ISO 639 code, `auto`, or `multi`: several, told for each segment.",
    )
    dialect = serializers.ChoiceField(
        list(DIALECTS), allow_null=True, required=False, help_text="Of Arabic; see `dialects`."
    )
    task = serializers.ChoiceField(["transcribe", "translate"], required=False)
    mode = serializers.ChoiceField(["dialogue", "mono"], required=False)
    diarization = DiarizationSerializer(required=False)
    channels = serializers.ChoiceField(["mix", "split"], required=False)
    vad = VadSerializer(required=False)
    enhance = serializers.ListField(
        child=serializers.ChoiceField(["denoise", "loudness", "highpass"]),
        max_length=3,
        required=False,
        help_text="What is done to the sound first. Nothing by default.",
    )
    alignment = serializers.ChoiceField(["auto", "off"], required=False)
    vocabulary = serializers.ListField(child=serializers.CharField(max_length=100), max_length=500, required=False)
    initial_prompt = serializers.CharField(max_length=2000, allow_blank=True, required=False)
    beam_size = serializers.IntegerField(min_value=1, max_value=20, required=False)
    temperature = serializers.ListField(
        child=serializers.FloatField(min_value=0, max_value=1), min_length=1, max_length=10, required=False
    )
    start = serializers.FloatField(min_value=0, required=False, help_text="Seconds.")
    end = serializers.FloatField(min_value=0, allow_null=True, required=False, help_text="Seconds.")


class JobQuerySerializer(StrictSerializer):
    """What a list of jobs can be asked for."""

    status = serializers.MultipleChoiceField(choices=JobStatus.choices, required=False)
    media = serializers.UUIDField(required=False)
    engine = serializers.CharField(required=False)
    model = serializers.CharField(required=False)
    created_after = serializers.DateTimeField(required=False)
    created_before = serializers.DateTimeField(required=False)
    ordering = serializers.ChoiceField(["-created_at", "created_at"], required=False)
    limit = serializers.IntegerField(required=False, help_text="1,000 at most.")
    cursor = serializers.CharField(required=False)


class JobRequestSerializer(JobOptionsSerializer):
    media = serializers.UUIDField()
    glossary = serializers.UUIDField(
        allow_null=True,
        required=False,
        help_text="Its id; null for none. Left out: the project's, else the organization's.",
    )
    priority = serializers.ChoiceField(["normal", "low", "high"], default="normal")
    max_billable_seconds = serializers.IntegerField(min_value=1, allow_null=True, default=None)
    metadata = serializers.DictField(default=dict, help_text="Yours; comes back with every answer about the job.")
    webhook = serializers.UUIDField(
        allow_null=True, default=None, help_text="An endpoint that is told of this job, whatever its events."
    )

    def validate_metadata(self, value: dict[str, Any]) -> dict[str, Any]:
        if len(orjson.dumps(value)) > MAX_METADATA_BYTES:
            raise serializers.ValidationError(_("At most 16 kB of metadata."), code="too_large")
        if _has_nul(value):
            # PostgreSQL keeps no such text in JSON.
            raise serializers.ValidationError(serializers.CharField.default_error_messages["invalid"], code="invalid")
        return value


def _has_nul(value: Any) -> bool:
    """Whether a text in a JSON value, however deep, holds the character 0."""
    match value:
        case str():
            return "\0" in value
        case dict():
            return any(map(_has_nul, (*value.keys(), *value.values())))
        case list():
            return any(map(_has_nul, value))
    return False


class NoticeSerializer(serializers.Serializer[Any]):
    type = serializers.CharField()
    message = serializers.CharField()


class JobErrorSerializer(NoticeSerializer):
    stage = serializers.CharField(allow_blank=True)
    retryable = serializers.BooleanField()


class LinksSerializer(serializers.Serializer[Any]):
    """Absolute addresses of what belongs to the job."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        nullable = ("transcript",)
        names = ("self", "steps", "events", "socket", "media", *nullable)
        return {name: serializers.URLField(allow_null=name in nullable) for name in names}


class ResolvedDiarizationSerializer(serializers.Serializer[Any]):
    enabled = serializers.BooleanField()
    method = serializers.CharField()
    speakers = serializers.IntegerField(allow_null=True)
    min_speakers = serializers.IntegerField(allow_null=True)
    max_speakers = serializers.IntegerField(allow_null=True)


class ResolvedOptionsSerializer(serializers.Serializer[Any]):
    """The options as they were resolved at submit; a retry uses the same."""

    engine = serializers.CharField()
    model = serializers.CharField()
    language = serializers.CharField()
    dialect = serializers.CharField(allow_null=True)
    task = serializers.CharField()
    diarization = ResolvedDiarizationSerializer()
    channels = serializers.CharField()
    vad = VadSerializer()
    enhance = serializers.ListField(child=serializers.CharField())
    alignment = serializers.CharField()
    vocabulary = serializers.ListField(child=serializers.CharField())
    glossary = serializers.UUIDField(allow_null=True, help_text="Whose terms are in `vocabulary`.")
    replacements = serializers.IntegerField(help_text="How many replacements of the glossary the job carries out.")
    initial_prompt = serializers.CharField(allow_blank=True)
    beam_size = serializers.IntegerField()
    temperature = serializers.ListField(child=serializers.FloatField())
    start = serializers.FloatField()
    end = serializers.FloatField(allow_null=True)


class JobSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(JobStatus.choices)
    stage = serializers.ChoiceField(StepKind.choices, allow_null=True)
    progress = serializers.FloatField(min_value=0, max_value=1)
    queue_position = serializers.IntegerField(
        allow_null=True, help_text="Among the queued jobs of your organization; null when it is not queued."
    )
    eta = serializers.FloatField(allow_null=True, help_text="Seconds that are probably left.")
    attempt = serializers.IntegerField()
    options = ResolvedOptionsSerializer()
    engine = serializers.CharField()
    model = serializers.CharField()
    warnings = NoticeSerializer(many=True)
    error = JobErrorSerializer(allow_null=True)
    media = serializers.UUIDField()
    transcript = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    audio_seconds = serializers.FloatField(allow_null=True)
    processing_seconds = serializers.FloatField()
    metadata = serializers.DictField()
    links = LinksSerializer()


class StepSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(StepKind.choices)
    index = serializers.IntegerField()
    status = serializers.ChoiceField(StepStatus.choices)
    queue = serializers.CharField()
    worker = serializers.CharField(allow_blank=True)
    attempts = serializers.IntegerField()
    lost_leases = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment] # an answer's field, not the check's result
    error = JobErrorSerializer(allow_null=True)
    audio_seconds = serializers.FloatField()
    done_seconds = serializers.FloatField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class WordSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    start = serializers.FloatField()
    end = serializers.FloatField()
    confidence = serializers.FloatField(allow_null=True)
    speaker = serializers.UUIDField(allow_null=True)
    interpolated = serializers.BooleanField()


class FlagSerializer(serializers.Serializer[Any]):
    type = serializers.CharField()
    reason = serializers.CharField()
    hidden = serializers.BooleanField(help_text="A person has looked at it and found nothing wrong.")


class SegmentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    index = serializers.IntegerField(help_text="Grows with time; not dense.")
    version = serializers.IntegerField()
    start = serializers.FloatField()
    end = serializers.FloatField()
    speaker = serializers.UUIDField(allow_null=True)
    language = serializers.CharField(allow_null=True)
    text = serializers.CharField()
    confidence = serializers.FloatField(allow_null=True)
    flags = FlagSerializer(many=True)
    edited = serializers.BooleanField()
    words = WordSerializer(many=True, required=False)


class AuthorSerializer(serializers.Serializer[Any]):
    """A person, or the API key that a program used."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(["person", "key"])


class SpeakerSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment] # an answer's field, not the form label
    name = serializers.CharField(allow_blank=True)
    colour = serializers.IntegerField(help_text="1 to 8.")
    profile = serializers.UUIDField(allow_null=True)


class TranscriptSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    job = serializers.UUIDField()
    media = serializers.UUIDField()
    language = serializers.CharField(allow_null=True)
    language_confidence = serializers.FloatField(allow_null=True)
    duration = serializers.FloatField()
    version = serializers.IntegerField()
    status = serializers.ChoiceField(ReviewStatus.choices)
    locked = serializers.BooleanField(help_text="Final: nobody changes the text.")
    speakers = SpeakerSerializer(many=True)
    segments = SegmentSerializer(
        many=True, allow_null=True, help_text="The whole list up to 2,000; null when it is longer: read by window."
    )
    metrics = serializers.DictField()
    provenance = serializers.DictField()


class EngineSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    is_default = serializers.BooleanField()
    model = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text="Null means any.")
    word_times = serializers.BooleanField()
    confidence = serializers.BooleanField()
    translation = serializers.BooleanField()
    detects_language = serializers.BooleanField()
    mixed_languages = serializers.BooleanField(help_text="Takes `multi` as language.")
    remote = serializers.BooleanField()
    hints = serializers.ChoiceField(
        ["none", "prompt", "terms"],
        help_text="What it does with a vocabulary: nothing, as much as its prompt holds, or a number of terms.",
    )


class MeasuredSerializer(serializers.Serializer[Any]):
    speed = serializers.FloatField(help_text="Seconds of sound in a second.")
    memory_mb = serializers.IntegerField()
    device = serializers.CharField()
    compute_type = serializers.CharField()
    at = serializers.DateTimeField()


class ModelSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="For a job's `model`.")
    engine = serializers.CharField()
    is_default = serializers.BooleanField()
    is_present = serializers.BooleanField(help_text="On this machine, or announced by a worker.")
    languages = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text="Null means any.")
    translation = serializers.BooleanField()
    queue = serializers.CharField(help_text="Which workers take its jobs.")
    parameters_millions = serializers.IntegerField(allow_null=True)
    disk_mb = serializers.IntegerField(allow_null=True, help_text="Weighed where it lies here.")
    gpu_memory_gb = serializers.FloatField(allow_null=True)
    relative_speed = serializers.FloatField(allow_null=True, help_text="As a multiple of large-v3.")
    word_errors_english = serializers.FloatField(allow_null=True, help_text="Percent, as `sources` measured it.")
    word_errors_arabic = serializers.FloatField(allow_null=True, help_text="Percent, as `sources` measured it.")
    sources = serializers.ListField(child=serializers.CharField(), help_text="Where the figures come from.")
    measured = MeasuredSerializer(allow_null=True, help_text="By `manage.py models bench` on this machine.")


class DialectSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="For a job's `dialect`.")
    name = serializers.CharField()
    name_ar = serializers.CharField()
    regions = serializers.ListField(child=serializers.CharField())
    prompt = serializers.CharField(help_text="Set before a job's recording, behind its own `initial_prompt`.")
    vocabulary = serializers.ListField(child=serializers.CharField(), help_text="Added to a job's own.")
    notes = serializers.CharField(allow_blank=True)
    changed = serializers.BooleanField(help_text="Whether the organization wrote over ours.")


class ChangeDialectSerializer(StrictSerializer):
    prompt = serializers.CharField(max_length=400, allow_blank=True, required=False)
    vocabulary = serializers.ListField(child=serializers.CharField(max_length=60), max_length=200, required=False)
    notes = serializers.CharField(max_length=2000, allow_blank=True, required=False)


class SimulationSerializer(StrictSerializer):
    text = serializers.CharField(max_length=100_000, help_text="What is said.")
    language = serializers.RegexField(r"^[a-z]{2,3}$", default="en", help_text="ISO 639 code.")
    duration = serializers.FloatField(
        min_value=0.1, max_value=86_400, allow_null=True, default=None, help_text="Seconds; by the text when null."
    )
    speakers = serializers.IntegerField(min_value=0, max_value=20, default=1)


class SimulatedTranscriptSerializer(TranscriptSerializer):
    """The shape of a transcript. Its ids are made up and lead nowhere."""
