"""/api/v1/search"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from config.common.clock import iso, seconds
from organizations.api.base import TenantAPIView
from organizations.roles import Action
from transcription.api import search_serializers as serializers
from transcription.api.transcripts import next_link
from transcription.services import search
from transcription.services.search import Found, Group, Line, Search

PARAMETERS = [
    OpenApiParameter(
        "q", required=True, description='Words, "phrases" and beginnings (budg*); all must be in one line.'
    ),
    OpenApiParameter("language", description="ISO 639 code of the transcript."),
    OpenApiParameter("speaker", description="A speaker's name, or label where there is no name."),
    OpenApiParameter("project", description="The id of a project."),
    OpenApiParameter("media", description="The id of a recording."),
    OpenApiParameter("from", description="The first day of upload, as 2026-11-21, UTC."),
    OpenApiParameter("to", description="The last day of upload."),
    OpenApiParameter("lines", int, description="Lines shown of each recording; 5 by default, at most 200."),
    OpenApiParameter("limit", int, description="Recordings a page; 20 by default, at most 100."),
    OpenApiParameter("cursor"),
]


class SearchView(TenantAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ}

    @extend_schema(
        operation_id="search",
        tags=["search"],
        parameters=PARAMETERS,
        responses=serializers.SearchPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Lines of all transcripts that have every word, by recording, newest first."""
        query = validated(serializers.SearchQuerySerializer, request.query_params.dict())
        found = search.search(
            caller=self.caller,
            wanted=asked(query),
            cursor=query["cursor"],
            limit=min(query["limit"], search.MOST),
            lines=min(query["lines"], search.MOST_LINES),
        )
        return Response(
            {
                "data": [_group_json(group) for group in found.groups],
                "next": _next(request, found),
                "previous": None,
                "corrected_query": found.corrected,
            }
        )


def asked(query: dict[str, Any]) -> Search:
    """`query` as `SearchQuerySerializer` validates it."""
    return Search(
        q=query["q"],
        language=query["language"],
        speaker=query["speaker"],
        project=query["project"],
        recording=query["media"],
        from_day=query["from"],
        to_day=query["to"],
    )


def _next(request: Request, found: Found) -> str | None:
    """The rest of what was found: by the corrected query, where that is what was searched for."""
    corrected = {"q": found.corrected} if found.corrected else {}
    return next_link(request, found.next_cursor, **corrected)


def _group_json(group: Group) -> dict[str, Any]:
    recording = group.recording
    return {
        "media": {
            "id": recording.pk,
            "name": recording.name,
            "project": recording.project_id,
            "duration": seconds(recording.duration_ms),
            "created_at": iso(recording.created_at),
        },
        "count": group.count,
        "lines": [_line_json(line) for line in group.lines],
    }


def _line_json(line: Line) -> dict[str, Any]:
    segment = line.segment
    speaker = segment.speaker
    return {
        "transcript": segment.transcript_id,
        "segment": segment.pk,
        "start": segment.start_ms / 1000,
        "end": segment.end_ms / 1000,
        "at": line.at_ms / 1000,
        "speaker": None if speaker is None else {"id": speaker.pk, "label": speaker.label, "name": speaker.name},
        "language": segment.transcript.language or None,
        "text": line.text,
        "hits": [list(hit) for hit in line.hits],
        "html": line.html,
    }
