"""Uploads: open, go on, complete, give up."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from media.api import serializers
from media.api.addresses import base_url
from media.api.presenters import media_detail, upload_json
from media.api.views import project_in_body
from media.models import UploadSession
from media.services import recordings, uploads
from organizations.api.base import TenantAPIView
from organizations.idempotency import idempotent
from organizations.roles import Action

IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)


class UploadAPIView(TenantAPIView):
    """Parent of the routes about one upload: for who began it, and for administrators."""

    def session(self, upload_id: UUID) -> UploadSession:
        # SECURITY: its addresses let anybody write the file, so other members do not get them.
        known = UploadSession.objects.visible_to(self.caller).select_related("recording")
        session: UploadSession = known.get_or_404(upload_id)
        recordings.require_own(self.caller, session.recording)
        return session


class UploadListView(TenantAPIView):
    actions = {"POST": Action.MEDIA_WRITE}

    @extend_schema(
        summary="Begin an upload",
        description="The answer says where to send the bytes: one PUT, or one PUT a part. Then complete the upload.",
        tags=["media"],
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.OpenUploadSerializer,
        responses={201: serializers.OpenedUploadSerializer},
    )
    @idempotent(secret=True, created="upload.id")
    def post(self, request: Request) -> Response:
        body = validated(serializers.OpenUploadSerializer, request.data)
        body["project"] = project_in_body(self.caller, body["project"])
        session = uploads.open_upload(caller=self.caller, **body)
        upload = uploads.instructions(session, base_url=base_url(request))
        return Response({"media": media_detail(session.recording), "upload": upload}, status=201)


class UploadView(UploadAPIView):
    actions = {"GET": Action.MEDIA_WRITE}

    @extend_schema(
        summary="Go on with an upload: what arrived, and fresh addresses for the rest",
        tags=["media"],
        parameters=[serializers.UploadQuerySerializer],
        responses=serializers.FoundUploadSerializer,
    )
    def get(self, request: Request, upload_id: UUID) -> Response:
        session = self.session(upload_id)
        query = validated(serializers.UploadQuerySerializer, request.query_params.dict())
        upload = upload_json(session, parts=query.get("parts"), base_url=base_url(request))
        return Response({"media": media_detail(session.recording), "upload": upload})


class CompleteUploadView(UploadAPIView):
    actions = {"POST": Action.MEDIA_WRITE}

    @extend_schema(
        summary="Complete an upload",
        description="Parts and size are judged at once. A worker then looks into the file: `ready` or `rejected`.",
        tags=["media"],
        request=serializers.CompleteUploadSerializer,
        responses=serializers.CompletedUploadSerializer,
    )
    def post(self, request: Request, upload_id: UUID) -> Response:
        session = self.session(upload_id)
        body = validated(serializers.CompleteUploadSerializer, request.data or {})
        recording = uploads.complete(caller=self.caller, session=session, parts=body["parts"])
        return Response({"media": media_detail(recording)})


class AbortUploadView(UploadAPIView):
    actions = {"POST": Action.MEDIA_WRITE}

    @extend_schema(summary="Give an upload up", tags=["media"], request=None, responses={204: None})
    def post(self, request: Request, upload_id: UUID) -> Response:
        uploads.abort(caller=self.caller, session=self.session(upload_id))
        return Response(status=204)
