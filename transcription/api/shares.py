"""/api/v1/transcripts/{id}/shares and /api/v1/transcripts/export"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from config.common.clock import iso
from config.common.downloads import download
from config.common.pagination import ordered_by, page_of
from organizations.api.base import TenantAPIView
from organizations.idempotency import idempotent
from organizations.roles import Action
from transcription.api import share_serializers as serializers
from transcription.api.transcripts import TranscriptAPIView
from transcription.models import TranscriptShare
from transcription.services import archives, selectors, shares

PAGE = [OpenApiParameter("limit", int), OpenApiParameter("cursor")]
IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", location=OpenApiParameter.HEADER)


def share_json(share: TranscriptShare) -> dict[str, Any]:
    return {
        "id": share.pk,
        "transcript": share.transcript_id,
        "name": share.name,
        "is_open": share.is_open,
        "has_password": bool(share.password),
        "allow_download": share.allow_download,
        "show_speakers": share.show_speakers,
        "views": share.view_count,
        "last_viewed_at": iso(share.last_viewed_at),
        "expires_at": iso(share.expires_at),
        "revoked_at": iso(share.revoked_at),
        "created_at": iso(share.created_at),
    }


class SharesView(TranscriptAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ, "POST": Action.TRANSCRIPTS_WRITE}

    @extend_schema(
        operation_id="shares_list", tags=["shares"], parameters=PAGE, responses=page_of(serializers.ShareSerializer)
    )
    def get(self, request: Request, transcript_id: UUID) -> Response:
        """The links of a transcript, newest first, those that are over too. The addresses are not kept."""
        rows = shares.shares_of(self.caller, self.transcript(transcript_id))
        paginator = ordered_by(request, allowed=("created_at",))
        page = paginator.paginate_queryset(rows, request, view=self) or []
        return paginator.get_paginated_response([share_json(share) for share in page])

    @extend_schema(
        operation_id="shares_create",
        tags=["shares"],
        request=serializers.NewShareSerializer,
        responses={201: serializers.CreatedShareSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @idempotent(secret=True)
    def post(self, request: Request, transcript_id: UUID) -> Response:
        """A link by which anybody reads the transcript without an account."""
        transcript = self.transcript(transcript_id)
        asked = validated(serializers.NewShareSerializer, request.data)
        share, url = shares.create(caller=self.caller, transcript=transcript, **asked)
        return Response(share_json(share) | {"url": url}, status=201)


class ShareView(TranscriptAPIView):
    actions = {"DELETE": Action.TRANSCRIPTS_WRITE}

    @extend_schema(operation_id="shares_revoke", tags=["shares"], responses={204: None})
    def delete(self, request: Request, transcript_id: UUID, share_id: UUID) -> Response:
        """Close the link at once."""
        share = selectors.share(self.caller, self.transcript(transcript_id), share_id)
        shares.revoke(caller=self.caller, share=share)
        return Response(status=204)


class ArchiveView(TenantAPIView):
    actions = {"POST": Action.TRANSCRIPTS_READ}

    @extend_schema(
        operation_id="transcripts_export_many",
        request=serializers.ArchiveRequestSerializer,
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Many transcripts in one ZIP file, sent while it is written."""
        asked = validated(serializers.ArchiveRequestSerializer, request.data)
        rows = archives.chosen(
            caller=self.caller, transcript_ids=asked["transcripts"], recording_ids=asked["recordings"]
        )
        options = {name: _as_query(value) for name, value in asked["options"].items()}
        archive = archives.archive(caller=self.caller, rows=rows, format=asked["format"], options=options)
        return download(archive.filename, archive.pieces, "application/zip")


def _as_query(value: Any) -> str:
    """JSON's true and numbers as the words of a query: both ways to name an option mean the same."""
    return str(value).lower() if isinstance(value, bool) else str(value)
