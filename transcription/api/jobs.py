"""/api/v1/jobs"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.api import validated
from config.common.errors import Conflict, Invalid, NotFound
from config.common.pagination import list_of, ordered_by, page_of
from media.models import Recording
from media.states import RecordingStatus
from organizations.api.base import TenantAPIView
from organizations.idempotency import idempotent
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription.api import serializers
from transcription.api.presenters import JOB_FIELDS, job_json, step_json
from transcription.api.transcripts import EXPORT_PARAMETERS, file_response
from transcription.models import Job
from transcription.services import jobs, pages, waiting
from transcription.states import JobStatus

# Query parameter -> the rows it keeps.
LOOKUPS = {
    "status": "status__in",
    "media": "recording_id",
    "engine": "engine",
    "model": "model",
    "created_after": "created_at__gte",
    "created_before": "created_at__lt",
}
# What the paginator reads, and checks but for `limit`.
PAGING = {"limit", "cursor", "ordering"}


class JobsView(TenantAPIView):
    actions = {"GET": Action.JOBS_READ, "POST": Action.JOBS_WRITE}

    @extend_schema(
        operation_id="jobs_list",
        parameters=[serializers.JobQuerySerializer],
        responses=page_of(serializers.JobSerializer),
    )
    def get(self, request: Request) -> Response:
        """The organization's jobs, newest first."""
        rows = Job.objects.visible_to(self.caller).filter(**_lookups(request)).values(*JOB_FIELDS)
        paginator = ordered_by(request, allowed=("created_at",))
        page = paginator.paginate_queryset(rows, request, view=self) or []
        places = pages.queue_positions(self.caller) if any(row["status"] == JobStatus.QUEUED for row in page) else {}
        return paginator.get_paginated_response([job_json(row, queue_position=places.get(row["id"])) for row in page])

    @extend_schema(
        operation_id="jobs_create",
        request=serializers.JobRequestSerializer,
        responses={202: serializers.JobSerializer},
        parameters=[OpenApiParameter("Idempotency-Key", location=OpenApiParameter.HEADER)],
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Submit a job. Only `media` is required; it is accepted while the medium is still `probing`."""
        options = validated(serializers.JobRequestSerializer, request.data)
        recording = Recording.objects.visible_to(self.caller).kept().filter(pk=options["media"]).first()
        if recording is None:
            raise Invalid.field("media", _("There is no such recording in this organization."), "not_found")
        job = jobs.submit(caller=self.caller, recording=recording, options=options)
        return self.answer(job.pk, status=202)

    def answer(self, job_id: UUID, *, status: int) -> Response:
        shape = one_job(self.caller, job_id)
        return Response(shape, status=status, headers={"Location": shape["links"]["self"]})


def _lookups(request: Request) -> dict[str, Any]:
    """The filters of the query, checked. Most lists ask for none, and then a serializer is not worth building."""
    asked = request.query_params
    if asked.keys() <= PAGING and asked.get("limit", "1").isdecimal():
        return {}
    query = validated(serializers.JobQuerySerializer, request.query_params)
    return {LOOKUPS[name]: value for name, value in query.items() if name in LOOKUPS and value}


def one_job(caller: Caller, job_id: UUID) -> dict[str, Any]:
    """The job as it is now, with its place in the queue. Raises NotFound: it may have been deleted meanwhile."""
    row = Job.objects.visible_to(caller).values(*JOB_FIELDS).filter(pk=job_id).first()
    if row is None:
        raise NotFound
    places = pages.queue_positions(caller) if row["status"] == JobStatus.QUEUED else {}
    return job_json(row, queue_position=places.get(job_id))


class JobView(TenantAPIView):
    actions = {"GET": Action.JOBS_READ, "DELETE": Action.JOBS_WRITE}

    @extend_schema(
        operation_id="jobs_read",
        parameters=[OpenApiParameter("wait", int, description="Seconds to wait for the job to end, 60 at most.")],
        responses=serializers.JobSerializer,
    )
    def get(self, request: Request, job_id: UUID) -> Response:
        """One job; with `?wait=30` the answer comes when it has ended, or after 30 s."""
        seconds = _wait_seconds(request)
        Job.objects.visible_to(self.caller).get_or_404(job_id)
        if seconds:
            waiting.until_ended(self.caller, job_id, seconds)
        return Response(one_job(self.caller, job_id))

    @extend_schema(operation_id="jobs_delete", responses={204: None})
    def delete(self, request: Request, job_id: UUID) -> Response:
        """Delete the job in any state, with its transcript."""
        job = Job.objects.visible_to(self.caller).get_or_404(job_id)
        jobs.delete(caller=self.caller, job=job)
        return Response(status=204)


def _wait_seconds(request: Request) -> float:
    try:
        return min(max(float(request.query_params.get("wait", 0)), 0), settings.MAX_WAIT_SECONDS)
    except ValueError:
        raise Invalid.field("wait", _("`wait` is a number of seconds.")) from None


class JobActionView(TenantAPIView):
    """`POST` on something the job can do."""

    actions = {"POST": Action.JOBS_WRITE}

    def job(self, job_id: UUID) -> Job:
        job: Job = Job.objects.visible_to(self.caller).get_or_404(job_id)
        return job


class CancelView(JobActionView):
    @extend_schema(operation_id="jobs_cancel", request=None, responses=serializers.JobSerializer)
    def post(self, request: Request, job_id: UUID) -> Response:
        """Stop the job. It costs nothing."""
        jobs.cancel(caller=self.caller, job=self.job(job_id))
        return Response(one_job(self.caller, job_id))


class RetryView(JobActionView):
    @extend_schema(operation_id="jobs_retry", request=None, responses={202: serializers.JobSerializer})
    @idempotent()
    def post(self, request: Request, job_id: UUID) -> Response:
        """Run a failed or canceled job again with the same options; finished steps are not done again."""
        jobs.retry(caller=self.caller, job=self.job(job_id))
        return Response(one_job(self.caller, job_id), status=202)


class RediarizeView(JobActionView):
    @extend_schema(
        operation_id="jobs_rediarize",
        request=serializers.RediarizeSerializer,
        responses={202: serializers.JobSerializer},
    )
    @idempotent()
    def post(self, request: Request, job_id: UUID) -> Response:
        """Tell the speakers of a completed job apart again: its text stays, edits too, and it costs nothing."""
        job = self.job(job_id)
        asked = validated(serializers.RediarizeSerializer, request.data)
        jobs.rediarize(caller=self.caller, job=job, diarization=asked["diarization"])
        return Response(one_job(self.caller, job_id), status=202)


class StepsView(TenantAPIView):
    actions = {"GET": Action.JOBS_READ}

    @extend_schema(operation_id="jobs_steps", responses=list_of(serializers.StepSerializer))
    def get(self, request: Request, job_id: UUID) -> Response:
        """What the job's work is made of: steps with their worker, attempts, times and errors."""
        job = Job.objects.visible_to(self.caller).get_or_404(job_id)
        return Response({"data": [step_json(step) for step in job.steps.order_by("created_at", "index", "id")]})


class EventsView(TenantAPIView):
    actions = {"GET": Action.JOBS_READ}

    @extend_schema(operation_id="jobs_events", responses={307: OpenApiResponse(description="Server-sent events.")})
    def get(self, request: Request, job_id: UUID) -> HttpResponse:
        """Server-sent events of the job, at the live address. Send the same credentials there."""
        Job.objects.visible_to(self.caller).get_or_404(job_id)
        base = settings.LIVE_URL or settings.PUBLIC_URL
        return HttpResponse(status=307, headers={"Location": f"{base}/live/jobs/{job_id}/events"})


class DownloadView(TenantAPIView):
    actions = {"GET": Action.TRANSCRIPTS_READ}

    @extend_schema(
        operation_id="jobs_download", parameters=EXPORT_PARAMETERS, responses={(200, "*/*"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, job_id: UUID) -> HttpResponseBase:
        """The finished job's transcript as a file; the same options as `transcripts/{id}/export`."""
        rows = Job.objects.visible_to(self.caller).exclude(recording__status=RecordingStatus.DELETED)
        job = rows.select_related("transcript__recording").get_or_404(job_id)
        if not hasattr(job, "transcript"):
            raise Conflict(_("The job has no transcript yet."), error_type="not_completed")
        return file_response(job.transcript, request)
