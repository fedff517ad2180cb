"""/api/v1/transcripts/{id}/subtitles"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.errors import Invalid
from config.common.pagination import page_of
from organizations.roles import Action
from transcription.api.transcripts import EXPORT_PARAMETERS, TranscriptAPIView, next_link
from transcription.asr.text.legibility import Checked, Issue
from transcription.services import subtitles

OPTIONS = ("speakers", "diacritics", "digits", "max_chars", "max_lines", "max_cps", "min_duration", "max_duration")


class CueSerializer(serializers.Serializer[Any]):
    start = serializers.FloatField()
    end = serializers.FloatField()
    lines = serializers.ListField(child=serializers.CharField())
    speaker = serializers.UUIDField(allow_null=True)
    characters_per_second = serializers.FloatField()
    issues = serializers.ListField(
        child=serializers.ChoiceField([issue.value for issue in Issue]), help_text="What a viewer would trip over."
    )


class SubtitlesView(TranscriptAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ}

    @extend_schema(
        operation_id="transcripts_subtitles",
        parameters=[
            OpenApiParameter("cursor"),
            OpenApiParameter("limit", int, description="Lines of the transcript that are cut into subtitles."),
            *[parameter for parameter in EXPORT_PARAMETERS if parameter.name in OPTIONS],
        ],
        responses=page_of(CueSerializer),
    )
    def get(self, request: Request, transcript_id: UUID) -> Response:
        """Subtitles as `export` writes them, each with what is wrong with it by the same rules."""
        row = self.transcript(transcript_id)
        query = request.query_params.dict()
        cursor, limit = query.pop("cursor", ""), query.pop("limit", str(subtitles.LINES))
        if not limit.isdecimal():
            raise Invalid.field("limit", _("`%(name)s` is a number.") % {"name": "limit"})
        found = subtitles.stretch(row, query, cursor=cursor, limit=int(limit[:6]))
        return Response(
            {
                "data": [_cue_json(checked) for checked in found.cues],
                "next": next_link(request, found.next_cursor),
                "previous": None,
            }
        )


def _cue_json(checked: Checked) -> dict[str, Any]:
    return {
        "start": checked.cue.start_ms / 1000,
        "end": checked.cue.end_ms / 1000,
        "lines": checked.cue.lines,
        "speaker": checked.cue.speaker,
        "characters_per_second": round(checked.speed, 1),
        "issues": checked.issues,
    }
