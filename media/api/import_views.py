"""/api/v1/media/import"""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from media.api import serializers
from media.api.presenters import media_detail
from media.api.views import project_in_body
from media.services import imports
from organizations.api.base import TenantAPIView
from organizations.idempotency import idempotent
from organizations.roles import Action

IDEMPOTENCY_KEY = OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)


class ImportView(TenantAPIView):
    actions = {"POST": Action.MEDIA_WRITE}

    @extend_schema(
        operation_id="media_import",
        summary="Fetch a recording from an address",
        description="Where the operator allows it. The medium is `uploading` while a worker fetches the file, then "
        "`probing`, then `ready` or `rejected`. Jobs for it are accepted at once.",
        tags=["media"],
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.ImportSerializer,
        responses={202: serializers.CompletedUploadSerializer},
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        body = validated(serializers.ImportSerializer, request.data)
        project = project_in_body(self.caller, body["project"])
        recording = imports.begin(caller=self.caller, url=body["url"], project=project)
        return Response({"media": media_detail(recording)}, status=202)
