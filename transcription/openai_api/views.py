"""/v1/audio/transcriptions, /v1/audio/translations, /v1/models: OpenAI's addresses over our queue and quota."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.errors import Conflict, HttpError, NotFound, TooLarge, Unavailable, UnsupportedType
from media.services import uploads
from organizations.api.authentication import ApiKeyAuthentication, JwtAuthentication
from organizations.api.base import TenantAPIView
from organizations.idempotency import HEADER, REPLAYED, idempotent
from organizations.roles import Action
from transcription.models import Job
from transcription.openai_api import formats, outcome, requests, serializers
from transcription.openai_api.connection import is_gone
from transcription.openai_api.requests import AudioRequest
from transcription.openai_api.streaming import Events
from transcription.services import jobs, models, options, transcripts, waiting

JOB_HEADER = "X-Job-ID"
BUSY_SECONDS = 5
# What a form has beside its file.
FORM_BYTES = 1 << 20
IDEMPOTENCY_KEY = OpenApiParameter(HEADER, location=OpenApiParameter.HEADER)
TAGS = ["openai"]


class OurFormat(BaseContentNegotiation):
    """Existing programs send all kinds of Accept; `response_format` alone decides."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class OpenAIView(TenantAPIView):
    authentication_classes = (ApiKeyAuthentication, JwtAuthentication)
    content_negotiation_class = OurFormat


class AudioView(OpenAIView):
    """Takes a file, makes a recording and a job, waits, and answers with the text."""

    actions = {"POST": Action.JOBS_WRITE}
    parser_classes = (MultiPartParser,)
    translate: ClassVar[bool] = False

    def work(self, request: Request) -> HttpResponseBase:
        self._check(request)
        place = waiting.Place()
        if not place:
            raise Unavailable("Too many requests wait for their transcripts. Try again.", retry_after=BUSY_SECONDS)
        try:
            self.asked = requests.read(cast(QueryDict, request.data), translate=self.translate)
            job_id, replayed = self._submitted(request)
            answer = self._streamed(place, job_id) if self.asked.stream else self._awaited(job_id)
        except BaseException:
            place.release()
            raise
        if not self.asked.stream:
            place.release()
        answer[JOB_HEADER] = str(job_id)
        if replayed:
            answer[REPLAYED] = "true"
        return answer

    def _check(self, request: Request) -> None:
        for action in (Action.MEDIA_WRITE, Action.TRANSCRIPTS_READ):
            self.caller.require(action)
        if not (request.content_type or "").startswith(MultiPartParser.media_type):
            raise UnsupportedType("Send the file in a form: Content-Type: multipart/form-data.")
        # SECURITY: before a byte of the body is read, so that nobody fills the disk with what will be refused.
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.MEDIA_MAX_SIZE + FORM_BYTES:
            raise TooLarge("The file is larger than this server takes.", extra={"max_size": settings.MEDIA_MAX_SIZE})

    def _submitted(self, request: Request) -> tuple[UUID, bool]:
        """The job of this request; of its first sending, where it comes again with the same Idempotency-Key."""
        answer = self._submit(request)
        return UUID(str(answer.data["job"])), REPLAYED in answer

    @idempotent(form=True)
    def _submit(self, request: Request) -> Response:
        # Refused before the file is stored, where that can be known.
        options.resolve(self.asked.options, self.caller.organization.defaults)
        recording = uploads.store_directly(caller=self.caller, file=self.asked.file)
        job = jobs.submit(caller=self.caller, recording=recording, options=self.asked.options)
        return Response({"job": str(job.pk)}, status=202)

    def _awaited(self, job_id: UUID) -> HttpResponseBase:
        for _ in waiting.looks(self.caller, job_id, settings.OPENAI_MAX_WAIT_SECONDS):
            if is_gone(self.request.META):
                self._left(job_id)
                raise HttpError(499, "Client closed request", "client_gone", "You hung up before the answer was there.")
        return _answer(outcome.completed(self.caller, job_id), self.asked)

    def _streamed(self, place: waiting.Place, job_id: UUID) -> HttpResponseBase:
        def on_close(ended: bool) -> None:
            place.release()
            if not ended:
                self._left(job_id)

        events = Events(self.caller, job_id, settings.OPENAI_MAX_WAIT_SECONDS, on_close)
        response = StreamingHttpResponse(events, content_type="text/event-stream; charset=utf-8")
        response["Cache-Control"], response["X-Accel-Buffering"] = "no-cache", "no"
        return response

    def _left(self, job_id: UUID) -> None:
        """Nobody reads the answer any more: stop the work, unless the caller has a key to come back with."""
        if HEADER in self.request.headers:
            return
        with suppress(Conflict, NotFound, Job.DoesNotExist):
            jobs.cancel(caller=self.caller, job=Job.objects.visible_to(self.caller).get_or_404(job_id))


def _answer(job: Job, asked: AudioRequest) -> HttpResponseBase:
    match asked.response_format:
        case "json":
            return Response(formats.simple(job))
        case "verbose_json":
            return Response(formats.verbose(job, asked.granularities))
        case "text":
            text = formats.text_of(formats.lines(job.transcript))
            return HttpResponse(f"{text}\n", content_type="text/plain; charset=utf-8")
        case subtitles:
            export = transcripts.export_file(job.transcript, format=subtitles, query={"speakers": "0"})
            return StreamingHttpResponse(export.pieces, content_type=export.format.content_type)


ANSWERS: dict[Any, Any] = {
    (200, "application/json"): serializers.TranscriptionSerializer,
    (200, "text/plain"): OpenApiTypes.STR,
    (200, "application/x-subrip"): OpenApiTypes.STR,
    (200, "text/vtt"): OpenApiTypes.STR,
}


class TranscriptionsView(AudioView):
    @extend_schema(
        operation_id="openai_transcriptions",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": requests.TranscriptionFormSerializer},
        responses={**ANSWERS, (200, "text/event-stream"): OpenApiTypes.STR},
    )
    def post(self, request: Request) -> HttpResponseBase:
        """The words of a file, in the language that is spoken. The answer comes when the work is done."""
        return self.work(request)


class TranslationsView(AudioView):
    translate = True

    @extend_schema(
        operation_id="openai_translations",
        tags=TAGS,
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": requests.TranslationFormSerializer},
        responses=ANSWERS,
    )
    def post(self, request: Request) -> HttpResponseBase:
        """The words of a file in English. The answer comes when the work is done."""
        return self.work(request)


class ModelsView(OpenAIView):
    actions = {"GET": Action.JOBS_READ}

    @extend_schema(operation_id="openai_models_list", tags=TAGS, responses=serializers.OpenAIModelListSerializer)
    def get(self, request: Request) -> Response:
        """Names for `model`: ours, and OpenAI's, which mean our default."""
        return Response({"object": "list", "data": [_model(name) for name in _names()]})


class ModelView(OpenAIView):
    actions = {"GET": Action.JOBS_READ}

    @extend_schema(operation_id="openai_models_read", tags=TAGS, responses=serializers.OpenAIModelSerializer)
    def get(self, request: Request, model: str) -> Response:
        """One model."""
        requests.model_named(model)
        return Response(_model(model))


def _names() -> list[str]:
    return [*requests.ALIASES, *(row["name"] for row in models.catalogue())]


def _model(name: str) -> dict[str, Any]:
    """`created` is a Unix time in OpenAI's shape; nobody knows it of a model that lies in a folder."""
    return {"id": name, "object": "model", "created": 0, "owned_by": "tadwin"}
