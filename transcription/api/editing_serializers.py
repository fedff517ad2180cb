"""What goes in and comes out when a transcript is edited."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from config.common.api import StrictSerializer
from transcription.api.serializers import AuthorSerializer, SegmentSerializer, SpeakerSerializer
from transcription.editing.voices import COLOURS
from transcription.history import MOST_TOLD
from transcription.models.operations import OperationKind
from transcription.services.editing import MOST_LINES

LONGEST_TEXT, LONGEST_NAME, LONGEST_FIND = 20_000, 200, 200
LONGEST_SECONDS = 10**7


def moment(**options: Any) -> serializers.FloatField:
    return serializers.FloatField(min_value=0, max_value=LONGEST_SECONDS, help_text="Seconds.", **options)


def some_lines(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.UUIDField(), max_length=MOST_LINES, **options)


# --- Requests --------------------------------------------------------------------------------------------------------
class LinePatchSerializer(StrictSerializer):
    """What is left out stays as it is."""

    text = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, required=False)
    start = moment(required=False)
    end = moment(required=False)
    speaker = serializers.UUIDField(allow_null=True, required=False)


class SplitSerializer(StrictSerializer):
    at = serializers.IntegerField(
        min_value=1, max_value=LONGEST_TEXT, help_text="Characters (Unicode code points) of `text` that stay."
    )


class MergeSerializer(StrictSerializer):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "with": serializers.UUIDField(help_text="The next line, which goes."),
            "with_version": serializers.IntegerField(min_value=1),
        }


class NewLineSerializer(StrictSerializer):
    after = serializers.UUIDField(allow_null=True, help_text="The line above; null for the first line.")
    start = moment()
    end = moment()
    text = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True)
    speaker = serializers.UUIDField(allow_null=True, default=None)


class AssignSerializer(StrictSerializer):
    """Exactly one choice of lines: `segments`, `from_segment` with `run`, or `start` with `end`."""

    segments = some_lines(required=False, allow_empty=False)
    from_segment = serializers.UUIDField(required=False)
    run = serializers.BooleanField(
        required=False, help_text="With `from_segment`: that line and those behind it with the same speaker."
    )
    start = moment(required=False)
    end = moment(required=False)
    unassigned = serializers.BooleanField(default=False, help_text="Of these lines only those without a speaker.")
    speaker = serializers.UUIDField(allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        ways = ["segments" in attrs, "from_segment" in attrs, "start" in attrs or "end" in attrs]
        if sum(ways) != 1 or (ways[2] and not {"start", "end"} <= attrs.keys()):
            raise serializers.ValidationError(_("Choose lines in one way: segments, from_segment, or start and end."))
        if ways[1] and not attrs.get("run", True):
            attrs["segments"] = [attrs.pop("from_segment")]
        return attrs


class ReplaceSerializer(StrictSerializer):
    find = serializers.CharField(max_length=LONGEST_FIND, trim_whitespace=False)
    replace = serializers.CharField(
        max_length=LONGEST_FIND * 5, allow_blank=True, trim_whitespace=False, required=False
    )
    case = serializers.BooleanField(default=False, help_text="Upper and lower case differ.")
    whole_word = serializers.BooleanField(default=False)
    fold = serializers.BooleanField(
        default=False, help_text="Whole words by their letters alone, as search compares: Arabic spellings are one."
    )
    segments = some_lines(required=False, allow_null=True, default=None, help_text="Only in these lines.")
    dry_run = serializers.BooleanField(default=False, help_text="Only say where it would happen.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["dry_run"] and "replace" not in attrs:
            raise serializers.ValidationError({"replace": _("Say what to write instead; it may be empty.")})
        return attrs


class FindSerializer(StrictSerializer):
    find = serializers.CharField(max_length=LONGEST_FIND, trim_whitespace=False)
    case = serializers.BooleanField(default=False)
    whole_word = serializers.BooleanField(default=False)
    fold = serializers.BooleanField(default=False)


class FlagChangeSerializer(StrictSerializer):
    type = serializers.CharField(max_length=100)
    hidden = serializers.BooleanField()


class AcceptSerializer(StrictSerializer):
    word = serializers.IntegerField(
        min_value=0, allow_null=True, default=None, help_text="Its number in `words`; null for the whole line."
    )


class NewSpeakerSerializer(StrictSerializer):
    name = serializers.CharField(max_length=LONGEST_NAME)


class SpeakerPatchSerializer(StrictSerializer):
    name = serializers.CharField(max_length=LONGEST_NAME, allow_blank=True, required=False)
    colour = serializers.IntegerField(min_value=1, max_value=COLOURS, required=False)


class SpeakerMergeSerializer(StrictSerializer):
    into = serializers.UUIDField(help_text="Who stays.")


class SpeakerSplitSerializer(StrictSerializer):
    segments = some_lines(allow_empty=False)
    name = serializers.CharField(max_length=LONGEST_NAME, allow_blank=True, default="")


class RestoreSerializer(StrictSerializer):
    segment = serializers.UUIDField(allow_null=True, default=None, help_text="Only this line.")


TRUNCATED = f"More than {MOST_TOLD} lines changed: `segments` and `removed` lack some or all, read `segments` again."


# --- Answers ---------------------------------------------------------------------------------------------------------
class RealignSerializer(serializers.Serializer[Any]):
    lines = serializers.IntegerField(help_text="How many lines a worker looks at now.")
    without_model = serializers.ListField(
        child=serializers.CharField(), help_text="Languages of lines that stay: no worker has a model for them."
    )


class OperationSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="The transcript's version after it.")
    kind = serializers.ChoiceField(OperationKind.choices)
    author = AuthorSerializer(allow_null=True, help_text="Null: the machine, or an account that is closed.")
    created_at = serializers.DateTimeField()
    undoes = serializers.IntegerField(allow_null=True)


class VersionSerializer(OperationSerializer):
    lines = serializers.IntegerField(help_text="How many lines it touched.")
    payload = serializers.DictField(help_text="What was asked for.")


class OperationAnswerSerializer(serializers.Serializer[Any]):
    operation = OperationSerializer(allow_null=True, help_text="Null where there was nothing to change.")
    version = serializers.IntegerField()
    segments = SegmentSerializer(many=True, help_text="Lines that are new, changed or elsewhere, in order.")
    removed = serializers.ListField(child=serializers.UUIDField())
    speakers = SpeakerSerializer(many=True, allow_null=True, help_text="All, when some changed.")
    truncated = serializers.BooleanField(help_text=TRUNCATED)


class ChangesSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    segments = SegmentSerializer(many=True)
    removed = serializers.ListField(child=serializers.UUIDField())
    speakers = SpeakerSerializer(many=True, allow_null=True, help_text="All, when some changed.")
    truncated = serializers.BooleanField(help_text=TRUNCATED)


class MatchSerializer(serializers.Serializer[Any]):
    segment = serializers.UUIDField()
    start = serializers.IntegerField(help_text="Characters (Unicode code points) before it.")
    end = serializers.IntegerField()
    text = serializers.CharField()


class MatchesSerializer(serializers.Serializer[Any]):
    matches = MatchSerializer(many=True)
    count = serializers.IntegerField(help_text="All of them; `matches` has the first 10,000.")


class SampleSerializer(serializers.Serializer[Any]):
    start = serializers.FloatField()
    end = serializers.FloatField()


class SpeakerStatisticsSerializer(SpeakerSerializer):
    talk_seconds = serializers.FloatField()
    words = serializers.IntegerField()
    turns = serializers.IntegerField()
    share = serializers.FloatField(help_text="Of all that is said, 0 to 1.")
    words_per_minute = serializers.FloatField(allow_null=True)
    silence = serializers.FloatField(help_text="Seconds of pauses inside their own turns.")
    sample = SampleSerializer(allow_null=True, help_text="Where to hear them.")


class SpeakersSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "data": SpeakerStatisticsSerializer(many=True),
            "talk_seconds": serializers.FloatField(),
            "silence": serializers.FloatField(help_text="Seconds in which nobody speaks."),
            "words": serializers.IntegerField(),
            "turns": serializers.IntegerField(),
        }


class ComparedLineSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    start = serializers.FloatField()
    end = serializers.FloatField()
    speaker = serializers.UUIDField(allow_null=True)
    speaker_name = serializers.CharField(allow_blank=True)


class ComparedRowSerializer(serializers.Serializer[Any]):
    segment = serializers.UUIDField()
    before = ComparedLineSerializer(allow_null=True)
    after = ComparedLineSerializer(allow_null=True)


class ComparisonSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "from": serializers.IntegerField(),
            "to": serializers.IntegerField(),
            "rows": ComparedRowSerializer(many=True),
        }


class MachineWordSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    start = serializers.FloatField()
    end = serializers.FloatField()
    confidence = serializers.FloatField(allow_null=True)


class MachineTextSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    start = serializers.FloatField()
    end = serializers.FloatField()
    words = MachineWordSerializer(many=True)


class DoubtSerializer(serializers.Serializer[Any]):
    segment = serializers.UUIDField()
    word = serializers.IntegerField(allow_null=True, help_text="Its number in `words`; null for the whole line.")
    reasons = serializers.ListField(child=serializers.CharField())


class QueueSerializer(serializers.Serializer[Any]):
    place = DoubtSerializer(allow_null=True, help_text="Null at the end.")
    left = serializers.IntegerField(help_text="Places from `place` on.")
    total = serializers.IntegerField()
