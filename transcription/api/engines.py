"""/api/v1/engines, /api/v1/models, /api/v1/dialects"""

from __future__ import annotations

from dataclasses import asdict

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.pagination import list_of
from organizations.api.base import TenantAPIView
from organizations.roles import Action
from transcription.api import serializers
from transcription.asr.text.dialects import DIALECTS
from transcription.services import engines


class EnginesView(TenantAPIView):
    actions = {"GET": Action.JOBS_READ}

    @extend_schema(operation_id="engines_list", responses=list_of(serializers.EngineSerializer))
    def get(self, request: Request) -> Response:
        """What can be named in a job's `engine`, and what each can do."""
        return Response({"data": engines.catalogue()})


class ModelsView(TenantAPIView):
    actions = {"GET": Action.JOBS_READ}

    @extend_schema(operation_id="models_list", responses=list_of(serializers.ModelSerializer))
    def get(self, request: Request) -> Response:
        """What can be named in a job's `model`, and whether it is here already."""
        return Response({"data": engines.models()})


class DialectsView(TenantAPIView):
    actions = {"GET": Action.JOBS_READ}

    @extend_schema(operation_id="dialects_list", responses=list_of(serializers.DialectSerializer))
    def get(self, request: Request) -> Response:
        """What can be named in a job's `dialect`, with the prompt and the words that it brings."""
        return Response({"data": [asdict(dialect) for dialect in DIALECTS.values()]})
