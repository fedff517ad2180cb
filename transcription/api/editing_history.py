"""/api/v1/transcripts/{id}/...: operations, versions, changes since a version, and the queue of doubtful places."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from config.common.errors import Invalid
from config.common.pagination import CursorPagination, page_of
from organizations.idempotency import idempotent
from transcription.api import editing_presenters as presenters
from transcription.api import editing_serializers as serializers
from transcription.api.editing import ANSWER, KEY, NUMBER, READ, WRITE, EditingView, done
from transcription.services import editing_history, editing_review

DEFAULT_THRESHOLD = 0.6
THRESHOLD = OpenApiParameter("threshold", float, default=DEFAULT_THRESHOLD, description="Words below it are doubtful.")


class UndoView(EditingView):
    actions = {"POST": WRITE}

    @extend_schema(operation_id="operations_undo", parameters=[KEY], request=None, responses=ANSWER)
    @idempotent()
    def post(self, request: Request, transcript_id: UUID, number: int) -> Response:
        """Take an operation back, by one more operation. To redo it, take that one back."""
        transcript = self.transcript(transcript_id)
        return done(editing_history.undo(caller=self.caller, transcript=transcript, number=number))


class VersionsView(EditingView):
    actions = {"GET": READ}

    @extend_schema(
        operation_id="versions_list",
        parameters=[OpenApiParameter("limit", int), OpenApiParameter("cursor")],
        responses=page_of(serializers.VersionSerializer),
    )
    def get(self, request: Request, transcript_id: UUID) -> Response:
        """Every operation, newest first. Version 0 is the machine's."""
        paginator = CursorPagination()
        paginator.ordering = ("-number", "-id")
        rows = editing_history.operations_of(self.transcript(transcript_id))
        page = paginator.paginate_queryset(rows, request, view=self) or []
        return paginator.get_paginated_response([presenters.version_json(one) for one in page])


class CompareView(EditingView):
    actions = {"GET": READ}

    @extend_schema(
        operation_id="versions_compare",
        parameters=[
            OpenApiParameter("from", int, description="A version; 0, the machine's, where it is left out."),
            OpenApiParameter("to", int, description="A version; the newest where it is left out."),
        ],
        responses=serializers.ComparisonSerializer,
    )
    def get(self, request: Request, transcript_id: UUID) -> Response:
        """The lines that differ between two versions."""
        transcript = self.transcript(transcript_id)
        first, last = whole_number(request, "from", 0), whole_number(request, "to", transcript.version)
        found = editing_history.compare(transcript, first, last)
        return Response(presenters.comparison_json(found, first, last))


class RestoreView(EditingView):
    actions = {"POST": WRITE}

    @extend_schema(
        operation_id="versions_restore",
        parameters=[KEY],
        request=serializers.RestoreSerializer,
        responses=ANSWER,
    )
    @idempotent()
    def post(self, request: Request, transcript_id: UUID, number: int) -> Response:
        """The whole text, or one line, as it was at a version. That is one more operation, which can be undone."""
        transcript = self.transcript(transcript_id)
        segment = validated(serializers.RestoreSerializer, request.data or {})["segment"]
        return done(editing_history.restore(caller=self.caller, transcript=transcript, version=number, segment=segment))


class ChangesView(EditingView):
    actions = {"GET": READ}

    @extend_schema(
        operation_id="transcripts_changes",
        parameters=[OpenApiParameter("since", int, required=True, description="The version that you have.")],
        responses=serializers.ChangesSerializer,
    )
    def get(self, request: Request, transcript_id: UUID) -> Response:
        """What changed since a version: the lines as they are now, and the ids of those that are gone."""
        transcript = self.transcript(transcript_id)
        news = editing_history.changes_since(transcript, whole_number(request, "since", None))
        return Response(presenters.news_json(transcript, news))


class ReviewView(EditingView):
    actions = {"GET": READ}

    @extend_schema(
        operation_id="transcripts_review",
        parameters=[
            THRESHOLD,
            OpenApiParameter("after", OpenApiTypes.UUID, description="A line's id: the places behind it."),
            OpenApiParameter("word", int, description="With `after`: the places behind this word of it."),
        ],
        responses=serializers.QueueSerializer,
    )
    def get(self, request: Request, transcript_id: UUID) -> Response:
        """The next doubtful place: a word of low confidence or guessed time, a flagged line, voices that overlap."""
        transcript = self.transcript(transcript_id)
        word = request.query_params.get("word")
        queue = editing_review.queue(
            transcript,
            threshold=threshold_asked(request),
            after=_line_id(request),
            word=None if word is None else whole_number(request, "word", None),
        )
        return Response(presenters.queue_json(queue))


def whole_number(request: Request, name: str, otherwise: int | None) -> int:
    """A number of the query. Raises Invalid."""
    text = request.query_params.get(name)
    if text is None and otherwise is not None:
        return otherwise
    if text is None or not NUMBER.fullmatch(text):
        raise Invalid.field(name, _("`%(name)s` is a whole number from 0 on.") % {"name": name})
    return int(text)


def threshold_asked(request: Request) -> float:
    """Below which confidence words are doubtful. Raises Invalid."""
    try:
        share = float(request.query_params.get("threshold", DEFAULT_THRESHOLD))
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise Invalid.field("threshold", _("`threshold` is a number from 0 to 1."))
    return share


def _line_id(request: Request) -> UUID | None:
    text = request.query_params.get("after")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Invalid.field("after", _("There is no such line in this transcript."), "not_found") from None
