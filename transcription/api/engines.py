"""/api/v1/engines, /api/v1/models, /api/v1/dialects"""

from __future__ import annotations

from dataclasses import asdict

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from config.common.pagination import list_of
from organizations.api.base import TenantAPIView
from organizations.roles import Action
from transcription.api import serializers
from transcription.asr.text.dialects import DIALECTS, Dialect
from transcription.services import dialects, engines, models


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
        """What can be named in a job's `model`, whether it is here already, and what it costs in time and memory."""
        return Response({"data": models.catalogue()})


class DialectsView(TenantAPIView):
    actions = {"GET": Action.JOBS_READ}

    @extend_schema(operation_id="dialects_list", responses=list_of(serializers.DialectSerializer))
    def get(self, request: Request) -> Response:
        """What can be named in a job's `dialect`, with the prompt and the words that it brings here."""
        return Response({"data": dialects.table(self.caller.organization)})


class DialectView(TenantAPIView):
    actions = {"PATCH": Action.GLOSSARY_MANAGE, "DELETE": Action.GLOSSARY_MANAGE}

    @extend_schema(
        operation_id="dialects_change",
        request=serializers.ChangeDialectSerializer,
        responses=serializers.DialectSerializer,
    )
    def patch(self, request: Request, code: str) -> Response:
        """Write over our prompt, vocabulary or notes, for this organization's jobs from now on."""
        values = validated(serializers.ChangeDialectSerializer, request.data)
        return self._answer(dialects.change(caller=self.caller, code=code, **values))

    @extend_schema(operation_id="dialects_reset", responses={200: serializers.DialectSerializer})
    def delete(self, request: Request, code: str) -> Response:
        """Back to ours; answers it."""
        return self._answer(dialects.reset(caller=self.caller, code=code))

    def _answer(self, dialect: Dialect) -> Response:
        return Response({**asdict(dialect), "changed": dialect != DIALECTS[dialect.code]})
