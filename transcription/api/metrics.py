"""/api/v1/transcripts/{id}/metrics"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.roles import Action
from transcription.api.editing import EditingView
from transcription.api.editing_history import THRESHOLD, threshold_asked
from transcription.api.editing_presenters import overview_json
from transcription.api.editing_serializers import SampleSerializer, SpeakerStatisticsSerializer
from transcription.services import analysis
from transcription.services.analysis import Analysis

MOST_QUESTIONS = 100


class TalkerSerializer(SpeakerStatisticsSerializer):
    questions = serializers.IntegerField()


class PausesSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="Silences of two seconds and more between lines.")
    seconds = serializers.FloatField(help_text="All of them together.")
    longest = SampleSerializer(many=True, help_text="The twenty longest, in order of time.")


class QuestionSerializer(serializers.Serializer[Any]):
    segment = serializers.UUIDField()
    speaker = serializers.UUIDField(allow_null=True)
    start = serializers.FloatField(help_text="Of the line that it is in.")
    text = serializers.CharField()


class QuestionsSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "count": serializers.IntegerField(),
            "data": QuestionSerializer(many=True, help_text="The first hundred."),
        }


class KeywordSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    count = serializers.IntegerField()


class DoubtsSerializer(serializers.Serializer[Any]):
    places = serializers.IntegerField(help_text="Lines and words that a person should listen to.")
    reasons = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many for each: as `review` names them. A place may have several.",
    )


class MetricsSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(help_text="Of the transcript: the figures are of its text as it is now.")
    duration = serializers.FloatField()
    talk_seconds = serializers.FloatField(help_text="Of everybody together; who speak at once count each.")
    silence = serializers.FloatField(help_text="Seconds in which nobody speaks.")
    words = serializers.IntegerField()
    turns = serializers.IntegerField()
    words_per_minute = serializers.FloatField(allow_null=True, help_text="Of talk.")
    confidence = serializers.FloatField(allow_null=True, help_text="Mean over the words; null where no line has one.")
    speakers = TalkerSerializer(many=True)
    pauses = PausesSerializer()
    questions = QuestionsSerializer()
    keywords = KeywordSerializer(many=True, help_text="What is said most often, function words left out.")
    doubts = DoubtsSerializer()
    sound = serializers.DictField(
        allow_null=True, help_text="The quality report of the recording, as in its `metadata`."
    )


class MetricsView(EditingView):
    actions = {"GET": Action.TRANSCRIPTS_READ}

    @extend_schema(operation_id="transcripts_metrics", parameters=[THRESHOLD], responses=MetricsSerializer)
    def get(self, request: Request, transcript_id: UUID) -> Response:
        """Who speaks how much and how fast, pauses, questions, keywords, and how far the text can be trusted."""
        transcript = self.transcript(transcript_id)
        found = analysis.analyse(transcript, threshold=threshold_asked(request))
        known = {"version": transcript.version, "duration": transcript.duration_ms / 1000}
        return Response(known | metrics_json(found))


def metrics_json(found: Analysis) -> dict[str, Any]:
    overview = overview_json(found.overview)
    speakers = [one | {"questions": found.asked[one["id"]]} for one in overview.pop("data")]
    return overview | {
        "words_per_minute": found.overview.words_per_minute,
        "confidence": found.confidence,
        "speakers": speakers,
        "pauses": {
            "count": found.pauses.count,
            "seconds": found.pauses.total_ms / 1000,
            "longest": [{"start": one.start_ms / 1000, "end": one.end_ms / 1000} for one in found.pauses.longest],
        },
        "questions": {
            "count": len(found.questions),
            "data": [
                {"segment": one.segment, "speaker": one.speaker, "start": one.start_ms / 1000, "text": one.text}
                for one in found.questions[:MOST_QUESTIONS]
            ],
        },
        "keywords": [{"text": text, "count": count} for text, count in found.keywords],
        "doubts": {"places": found.doubts.places, "reasons": found.doubts.reasons},
        "sound": found.sound,
    }
