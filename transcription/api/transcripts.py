"""/api/v1/transcripts"""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.downloads import download
from config.common.errors import Invalid
from config.common.pagination import MAX_LIMIT, page_of
from media.states import RecordingStatus
from organizations.api.base import TenantAPIView
from organizations.roles import Action
from transcription.api import serializers
from transcription.api.presenters import segments_json, transcript_json
from transcription.asr.export import FORMATS
from transcription.asr.text.display import DIGITS
from transcription.models import Transcript
from transcription.services import display, transcripts

WORDS = OpenApiParameter("words", enum=["0", "1"], default="1", description="`0` leaves the words out.")
# How Arabic lines are shown. Nothing is changed by it: leave both out to read a text that you will write back.
ARABIC = [
    OpenApiParameter("diacritics", enum=["0", "1"], default="1", description="`0` hides those of Arabic lines."),
    OpenApiParameter("digits", enum=list(DIGITS), default="as_is", description="Of Arabic lines."),
]
EXPORT_PARAMETERS = [
    OpenApiParameter("format", enum=sorted(FORMATS), default="txt"),
    OpenApiParameter("speakers", enum=["0", "1"]),
    OpenApiParameter("timestamps", enum=["0", "1"]),
    OpenApiParameter("paragraphs", enum=["0", "1"]),
    OpenApiParameter("words", enum=["0", "1"]),
    OpenApiParameter("bom", enum=["0", "1"], description="For csv: a mark by which Excel knows UTF-8."),
    *ARABIC,
    OpenApiParameter("max_chars", int, description="Subtitles: characters a line."),
    OpenApiParameter("max_lines", int, description="Subtitles: lines a cue."),
    OpenApiParameter("max_cps", float, description="Subtitles: characters a second."),
    OpenApiParameter("min_duration", float, description="Subtitles: seconds a cue stays at least."),
    OpenApiParameter("max_duration", float, description="Subtitles: seconds a cue stays at most."),
]


class TranscriptAPIView(TenantAPIView):
    """Parent of the routes about one transcript."""

    def transcript(self, transcript_id: UUID) -> Transcript:
        """With its recording. Raises NotFound, also while that lies in the trash."""
        rows = Transcript.objects.visible_to(self.caller).exclude(recording__status=RecordingStatus.DELETED)
        found: Transcript = rows.select_related("recording").get_or_404(transcript_id)
        return found


class TranscriptView(TranscriptAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ}

    @extend_schema(
        operation_id="transcripts_read", parameters=[WORDS, *ARABIC], responses=serializers.TranscriptSerializer
    )
    def get(self, request: Request, transcript_id: UUID) -> Response:
        """The current text, with speakers and word times."""
        transcript = self.transcript(transcript_id)
        whole = transcript.segment_count <= transcripts.WHOLE_LIST
        rows = transcripts.segment_page(transcript, limit=transcripts.WHOLE_LIST).rows if whole else None
        if rows is not None:
            rows = display.shown_rows(rows, display.asked(request.query_params))
        speakers = list(transcript.speakers.all())
        return Response(transcript_json(transcript, speakers, rows, words=_wants_words(request)))


class SegmentsView(TranscriptAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ}

    @extend_schema(
        operation_id="transcripts_segments",
        parameters=[
            WORDS,
            *ARABIC,
            OpenApiParameter("cursor"),
            OpenApiParameter("until", description="A cursor too: where the list ends."),
            OpenApiParameter("limit", int),
            OpenApiParameter("from", float, description="Seconds."),
            OpenApiParameter("to", float, description="Seconds."),
        ],
        responses=page_of(serializers.SegmentSerializer),
    )
    def get(self, request: Request, transcript_id: UUID) -> Response:
        """Lines in order, by window: those that are heard between `from` and `to`."""
        transcript = self.transcript(transcript_id)
        page = transcripts.segment_page(
            transcript,
            cursor=request.query_params.get("cursor", ""),
            limit=min(int(_number(request, "limit") or transcripts.BATCH) or 1, MAX_LIMIT),
            from_ms=_milliseconds(request, "from"),
            to_ms=_milliseconds(request, "to"),
            until=request.query_params.get("until", ""),
        )
        rows = display.shown_rows(page.rows, display.asked(request.query_params))
        data = segments_json(rows, list(transcript.speakers.all()), words=_wants_words(request))
        return Response({"data": data, "next": next_link(request, page.next_cursor), "previous": None})


class ExportView(TranscriptAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ}

    @extend_schema(
        operation_id="transcripts_export", parameters=EXPORT_PARAMETERS, responses={(200, "*/*"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, transcript_id: UUID) -> HttpResponseBase:
        """The current text as a file."""
        return file_response(self.transcript(transcript_id), request)


def file_response(transcript: Transcript, request: Request) -> HttpResponseBase:
    """The file, sent as it is written: ten hours of subtitles never lie in memory."""
    format = request.query_params.get("format", "txt")
    export = transcripts.export_file(transcript, format=format, query=request.query_params.dict())
    return download(export.filename, export.pieces, export.format.content_type)


def _wants_words(request: Request) -> bool:
    return request.query_params.get("words", "1") != "0"


def _number(request: Request, name: str) -> float | None:
    given = request.query_params.get(name)
    try:
        number = None if given is None else float(given)
    except ValueError:
        raise Invalid.field(name, _("`%(name)s` is a number.") % {"name": name}) from None
    if number is not None and not 0 <= number < 2**31:
        raise Invalid.field(name, _("`%(name)s` is out of range.") % {"name": name})
    return number


def _milliseconds(request: Request, name: str) -> int | None:
    number = _number(request, name)
    return None if number is None else round(number * 1000)


def next_link(request: Request, cursor: str | None, **changed: str) -> str | None:
    """The address of this request with `cursor`, and with what is `changed`; None after the last page."""
    if cursor is None:
        return None
    query = request.query_params.dict() | {"cursor": cursor, **changed}
    return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
