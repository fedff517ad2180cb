"""/api/v1/test: for those who build on the API. Closed by API_TEST_ROUTES, as production should have it."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from config.common.errors import NotFound
from config.common.pagination import list_of
from organizations.api.base import TenantAPIView
from organizations.roles import Action
from transcription.api import serializers
from transcription.api.presenters import transcript_json
from transcription.services import dialects, simulation


class TestAPIView(TenantAPIView):
    """Parent of routes that exist only where they are switched on."""

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if not settings.API_TEST_ROUTES:
            raise NotFound(_("This server does not offer the routes for testing. Switch them on with API_TEST_ROUTES."))


class TestDialectsView(TestAPIView):
    actions = {"GET": Action.JOBS_READ}

    @extend_schema(operation_id="test_dialects", responses=list_of(serializers.DialectSerializer))
    def get(self, request: Request) -> Response:
        """The dialects of Arabic with a sentence in each, ready to be simulated."""
        return Response({"data": dialects.table(self.caller.organization)})


class SimulateView(TestAPIView):
    actions = {"POST": Action.JOBS_WRITE}

    @extend_schema(
        operation_id="test_simulate",
        request=serializers.SimulationSerializer,
        responses=serializers.SimulatedTranscriptSerializer,
    )
    def post(self, request: Request) -> Response:
        """A transcript of the real shape out of a text. Nothing is kept and nothing is charged."""
        asked = validated(serializers.SimulationSerializer, request.data)
        transcript, speakers, segments = simulation.simulate(self.caller.organization, **asked)
        return Response(transcript_json(transcript, speakers, segments, words=True))
