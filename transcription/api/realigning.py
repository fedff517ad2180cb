"""/api/v1/transcripts/{id}/realign: the times of changed words, found in the recording."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from transcription.api import editing_serializers as serializers
from transcription.api.editing import IF_MATCH, WRITE, EditingView, version_asked
from transcription.services import realigning


class RealignLineView(EditingView):
    actions = {"POST": WRITE}

    @extend_schema(
        operation_id="segments_realign",
        parameters=[IF_MATCH],
        request=None,
        responses={202: serializers.RealignSerializer},
    )
    def post(self, request: Request, transcript_id: UUID, segment_id: UUID) -> Response:
        """Find the times of the line's words in the recording. A worker writes them as one operation."""
        asked = realigning.realign_line(
            caller=self.caller,
            transcript=self.transcript(transcript_id),
            segment_id=segment_id,
            version=version_asked(request),
        )
        return Response(asdict(asked), status=202)


class RealignView(EditingView):
    actions = {"POST": WRITE}

    @extend_schema(operation_id="transcripts_realign", request=None, responses={202: serializers.RealignSerializer})
    def post(self, request: Request, transcript_id: UUID) -> Response:
        """The same for all edited lines that have words whose times are only interpolated."""
        asked = realigning.realign_edited(caller=self.caller, transcript=self.transcript(transcript_id))
        return Response(asdict(asked), status=202)
