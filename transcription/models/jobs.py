"""A job and its steps. These rows are the truth; the broker is only a doorbell."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.common.clock import now
from config.common.jsonb import Decoder
from organizations.tenancy import Made, OrganizationQuerySet
from transcription.states import (
    ACTIVE_JOB_STATUSES,
    JobStatus,
    Priority,
    Queue,
    StepKind,
    StepStatus,
)

# Below this share of the work a forecast would jump about.
SHARE_TO_FORECAST = 0.04


def seconds_left(
    *, status: str, started_at: datetime | None, finished_at: datetime | None, progress: float
) -> float | None:
    """How long a job may still take, by its pace so far; None where there is no saying.

    There is none for a job that was finished before and tells its speakers apart again: it started long ago.
    """
    if status != JobStatus.PROCESSING or started_at is None or finished_at is not None or progress < SHARE_TO_FORECAST:
        return None
    return (now() - started_at).total_seconds() * (1 - progress) / progress


class JobQuerySet(OrganizationQuerySet):
    def active(self) -> Self:
        """Queued or being worked on."""
        return self.filter(status__in=ACTIVE_JOB_STATUSES)


class Job(Made):
    """One recognition of one recording, with its options resolved once and for all."""

    recording = models.ForeignKey(
        "media.Recording", verbose_name=_("recording"), on_delete=models.CASCADE, related_name="jobs"
    )
    api_key = models.ForeignKey(
        "organizations.ApiKey",
        verbose_name=_("API key"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    webhook = models.ForeignKey(
        "organizations.WebhookEndpoint",
        verbose_name=_("webhook"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Is told of this job, whatever else it wants to hear of."),
    )
    status = models.CharField(_("status"), max_length=10, choices=JobStatus.choices, default=JobStatus.QUEUED)
    stage = models.CharField(_("stage"), max_length=10, choices=StepKind.choices, blank=True)
    progress = models.FloatField(_("progress"), default=0.0, help_text=_("0 to 1; never falls within an attempt."))
    sequence = models.PositiveBigIntegerField(_("event number"), default=0)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    priority = models.SmallIntegerField(_("priority"), choices=Priority.choices, default=Priority.NORMAL)
    queue = models.CharField(_("queue"), max_length=10, choices=Queue.choices, default=Queue.DEFAULT)

    options = models.JSONField(
        _("options"), decoder=Decoder, help_text=_("As resolved at submit; a retry uses the same.")
    )
    engine = models.CharField(_("engine"), max_length=40)
    model = models.CharField(_("model"), max_length=200)
    metadata = models.JSONField(_("caller's metadata"), decoder=Decoder, default=dict, blank=True)
    max_billable_seconds = models.PositiveIntegerField(_("billable seconds at most"), null=True, blank=True)
    warnings = models.JSONField(_("warnings"), decoder=Decoder, default=list, blank=True)
    error = models.JSONField(_("error"), decoder=Decoder, null=True, blank=True)

    audio_ms = models.PositiveBigIntegerField(_("audio in ms"), null=True, blank=True)
    processing_ms = models.PositiveBigIntegerField(_("work in ms"), default=0)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects: ClassVar[Any] = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="job_list"),
            models.Index(fields=["organization"], name="job_started", condition=models.Q(status=JobStatus.PROCESSING)),
            models.Index(fields=["status"], name="job_active", condition=models.Q(status__in=ACTIVE_JOB_STATUSES)),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=JobStatus.values), name="job_status_known"),
            models.CheckConstraint(
                condition=models.Q(progress__gte=0) & models.Q(progress__lte=1), name="job_progress_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recording_id} {self.status}"

    @property
    def prefix(self) -> str:
        """Where this job's objects lie in storage."""
        return f"org/{self.organization_id}/rec/{self.recording_id}/jobs/{self.pk}/"

    @property
    def seconds_left(self) -> float | None:
        return seconds_left(
            status=self.status, started_at=self.started_at, finished_at=self.finished_at, progress=self.progress
        )


class Step(models.Model):
    """A piece of work that one worker does under a lease. A finished step is never done again."""

    organization = models.ForeignKey(
        "organizations.Organization", verbose_name=_("organization"), on_delete=models.CASCADE, related_name="+"
    )
    job = models.ForeignKey(Job, verbose_name=_("job"), on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(_("kind"), max_length=10, choices=StepKind.choices)
    index = models.PositiveIntegerField(_("number"), default=0)
    queue = models.CharField(_("queue"), max_length=10, choices=Queue.choices)
    status = models.CharField(_("status"), max_length=10, choices=StepStatus.choices, default=StepStatus.RUNNABLE)
    input = models.JSONField(_("input"), default=dict, blank=True)
    result = models.JSONField(_("result"), null=True, blank=True)
    checkpoint = models.JSONField(_("checkpoint"), null=True, blank=True)
    error = models.JSONField(_("error"), null=True, blank=True)

    attempt = models.PositiveIntegerField(
        _("attempt"), default=0, help_text=_("Grows with every claim: the fence against a worker that lost its lease.")
    )
    lost_leases = models.PositiveSmallIntegerField(_("lost leases"), default=0)
    errors = models.PositiveSmallIntegerField(_("errors"), default=0)
    worker = models.CharField(_("worker"), max_length=200, blank=True)
    task_id = models.CharField(_("Celery task"), max_length=64, blank=True)
    lease_until = models.DateTimeField(_("lease"), null=True, blank=True)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    done_ms = models.PositiveBigIntegerField(_("audio done in ms"), default=0)
    total_ms = models.PositiveBigIntegerField(_("audio to do in ms"), default=0)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ("created_at", "id")
        indexes = [
            models.Index(
                fields=["queue", "organization"], name="step_runnable", condition=models.Q(status=StepStatus.RUNNABLE)
            ),
            models.Index(fields=["lease_until"], name="step_leased", condition=models.Q(status=StepStatus.LEASED)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["job", "kind", "index"], name="step_once_per_job"),
            models.CheckConstraint(condition=models.Q(status__in=StepStatus.values), name="step_status_known"),
            models.CheckConstraint(
                condition=~models.Q(status=StepStatus.LEASED) | models.Q(lease_until__isnull=False),
                name="step_leased_has_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.index} {self.status}"
