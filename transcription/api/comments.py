"""/api/v1/transcripts/{id}/comments, /highlights and /status"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from config.common.clock import iso
from config.common.pagination import CursorPagination, page_of
from organizations.idempotency import idempotent
from organizations.roles import Action
from transcription.api import comment_serializers as serializers
from transcription.api.presenters import author_json
from transcription.api.transcripts import TranscriptAPIView
from transcription.models import Comment, Highlight, Transcript
from transcription.services import comments, highlights, status

PAGE = [OpenApiParameter("limit", int), OpenApiParameter("cursor")]
RESOLVED = OpenApiParameter("resolved", enum=["0", "1"], description="`0`: only open ones, `1`: only resolved ones.")
IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", location=OpenApiParameter.HEADER)


def answer_json(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.pk,
        "transcript": comment.transcript_id,
        "parent": comment.parent_id,
        "at": comment.at_ms / 1000,
        "text": comment.text,
        "author": author_json(comment.signer),
        "mentions": comment.mentions,
        "created_at": iso(comment.created_at),
        "edited_at": iso(comment.edited_at),
    }


def comment_json(comment: Comment) -> dict[str, Any]:
    """`comment` as `CommentQuerySet.threads` gives it; an answer has no answers."""
    replies = [] if comment.parent_id else comment.replies.all()
    return answer_json(comment) | {
        "resolved_at": iso(comment.resolved_at),
        "resolved_by": author_json(comment.resolved_by),
        "replies": [answer_json(reply) for reply in replies],
    }


def highlight_json(highlight: Highlight) -> dict[str, Any]:
    return {
        "id": highlight.pk,
        "transcript": highlight.transcript_id,
        "start": highlight.start_ms / 1000,
        "end": highlight.end_ms / 1000,
        "colour": highlight.colour,
        "note": highlight.note,
        "author": author_json(highlight.signer),
        "created_at": iso(highlight.created_at),
    }


class CommentsAPIView(TranscriptAPIView):
    """Parent of the routes about what people say of one transcript."""

    def comment(self, transcript_id: UUID, comment_id: UUID) -> Comment:
        return comments.comment_of(self.caller, self.transcript(transcript_id), comment_id)


class CommentsView(CommentsAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ, "POST": Action.TRANSCRIPTS_WRITE}

    @extend_schema(
        operation_id="comments_list",
        tags=["comments"],
        parameters=[*PAGE, RESOLVED],
        responses=page_of(serializers.CommentSerializer),
    )
    def get(self, request: Request, transcript_id: UUID) -> Response:
        """Comments in the order of their moments, each with its answers."""
        rows = comments.comments_of(self.caller, self.transcript(transcript_id))
        wanted = request.query_params.get("resolved", "")
        if wanted in ("0", "1"):
            rows = rows.filter(resolved_at__isnull=wanted == "0")
        return _paginated(self, rows, ("at_ms", "created_at", "id"), comment_json)

    @extend_schema(
        operation_id="comments_create",
        tags=["comments"],
        request=serializers.NewCommentSerializer,
        responses={201: serializers.CommentSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent()
    def post(self, request: Request, transcript_id: UUID) -> Response:
        """A comment at a moment, or an answer. People who are mentioned hear of it."""
        transcript = self.transcript(transcript_id)
        asked = validated(serializers.NewCommentSerializer, request.data)
        parent = asked["parent"] and comments.comment_of(self.caller, transcript, asked["parent"])
        comment = comments.create(
            caller=self.caller,
            transcript=transcript,
            text=asked["text"],
            at_ms=round(asked["at"] * 1000),
            parent=parent or None,
            mentioned=asked["mentions"],
        )
        return Response(comment_json(comment), status=201)


class CommentView(CommentsAPIView):
    actions = {"PATCH": Action.TRANSCRIPTS_WRITE, "DELETE": Action.TRANSCRIPTS_WRITE}

    @extend_schema(
        operation_id="comments_change",
        tags=["comments"],
        request=serializers.CommentTextSerializer,
        responses=serializers.CommentSerializer,
    )
    def patch(self, request: Request, transcript_id: UUID, comment_id: UUID) -> Response:
        """New words, by its author."""
        comment = self.comment(transcript_id, comment_id)
        asked = validated(serializers.CommentTextSerializer, request.data)
        changed = comments.change(caller=self.caller, comment=comment, text=asked["text"], mentioned=asked["mentions"])
        return Response(comment_json(changed))

    @extend_schema(operation_id="comments_delete", tags=["comments"], responses={204: None})
    def delete(self, request: Request, transcript_id: UUID, comment_id: UUID) -> Response:
        """By its author or an administrator; its answers go with it."""
        comments.delete(caller=self.caller, comment=self.comment(transcript_id, comment_id))
        return Response(status=204)


class ResolveView(CommentsAPIView):
    actions = {"POST": Action.TRANSCRIPTS_WRITE}
    resolved = True

    @extend_schema(
        operation_id="comments_resolve", tags=["comments"], request=None, responses=serializers.CommentSerializer
    )
    def post(self, request: Request, transcript_id: UUID, comment_id: UUID) -> Response:
        """The thread is settled."""
        comment = self.comment(transcript_id, comment_id)
        return Response(comment_json(comments.resolve(caller=self.caller, comment=comment, resolved=self.resolved)))


class ReopenView(ResolveView):
    resolved = False

    @extend_schema(
        operation_id="comments_reopen", tags=["comments"], request=None, responses=serializers.CommentSerializer
    )
    def post(self, request: Request, transcript_id: UUID, comment_id: UUID) -> Response:
        """The thread is open again."""
        return super().post(request, transcript_id, comment_id)


class HighlightsView(CommentsAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ, "POST": Action.TRANSCRIPTS_WRITE}

    @extend_schema(
        operation_id="highlights_list",
        tags=["comments"],
        parameters=PAGE,
        responses=page_of(serializers.HighlightSerializer),
    )
    def get(self, request: Request, transcript_id: UUID) -> Response:
        """Marked places in the order of time."""
        rows = highlights.highlights_of(self.caller, self.transcript(transcript_id))
        return _paginated(self, rows, ("start_ms", "id"), highlight_json)

    @extend_schema(
        operation_id="highlights_create",
        tags=["comments"],
        request=serializers.NewHighlightSerializer,
        responses={201: serializers.HighlightSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent()
    def post(self, request: Request, transcript_id: UUID) -> Response:
        """Mark what is said between two moments."""
        transcript = self.transcript(transcript_id)
        asked = validated(serializers.NewHighlightSerializer, request.data)
        highlight = highlights.create(
            caller=self.caller,
            transcript=transcript,
            start_ms=round(asked["start"] * 1000),
            end_ms=round(asked["end"] * 1000),
            colour=asked["colour"],
            note=asked["note"],
        )
        return Response(highlight_json(highlight), status=201)


class HighlightView(CommentsAPIView):
    actions = {"DELETE": Action.TRANSCRIPTS_WRITE}

    @extend_schema(operation_id="highlights_delete", tags=["comments"], responses={204: None})
    def delete(self, request: Request, transcript_id: UUID, highlight_id: UUID) -> Response:
        """By who made it or an administrator."""
        highlight = highlights.highlight_of(self.caller, self.transcript(transcript_id), highlight_id)
        highlights.delete(caller=self.caller, highlight=highlight)
        return Response(status=204)


class StatusView(CommentsAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ, "PUT": Action.TRANSCRIPTS_WRITE}

    @extend_schema(operation_id="status_read", tags=["comments"], responses=serializers.ReviewedSerializer)
    def get(self, request: Request, transcript_id: UUID) -> Response:
        """How far the review is, and who said so."""
        return Response(_review_json(self.transcript(transcript_id)))

    @extend_schema(
        operation_id="status_change",
        tags=["comments"],
        request=serializers.ReviewSerializer,
        responses=serializers.ReviewedSerializer,
    )
    def put(self, request: Request, transcript_id: UUID) -> Response:
        """Set the review. A final text is locked; who made it final, or an administrator, opens it again."""
        transcript = self.transcript(transcript_id)
        asked = validated(serializers.ReviewSerializer, request.data)
        return Response(_review_json(status.change(caller=self.caller, transcript=transcript, **asked)))


def _review_json(transcript: Transcript) -> dict[str, Any]:
    return {
        "status": transcript.status,
        "locked": transcript.is_locked,
        "changed_at": iso(transcript.status_at),
        "changed_by": author_json(transcript.status_by or transcript.status_with),
    }


def _paginated(view: CommentsAPIView, rows: Any, ordering: tuple[str, ...], shape: Any) -> Response:
    paginator = CursorPagination()
    paginator.ordering = ordering
    page = paginator.paginate_queryset(rows, view.request, view=view) or []
    return paginator.get_paginated_response([shape(row) for row in page])
