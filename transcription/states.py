"""States of jobs and steps, and which may follow which. `lifecycle.py` alone writes them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    PROCESSING = "processing", _("Processing")
    COMPLETED = "completed", _("Completed")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")


JOB_TRANSITIONS: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.QUEUED: frozenset({JobStatus.PROCESSING, JobStatus.FAILED, JobStatus.CANCELED}),
    JobStatus.PROCESSING: frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED}),
    JobStatus.COMPLETED: frozenset({JobStatus.QUEUED}),  # speakers again
    JobStatus.FAILED: frozenset({JobStatus.QUEUED}),  # retry
    JobStatus.CANCELED: frozenset({JobStatus.QUEUED}),  # retry
}
ACTIVE_JOB_STATUSES = (JobStatus.QUEUED, JobStatus.PROCESSING)
FINAL_JOB_STATUSES = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED)


class StepKind(models.TextChoices):
    PREPARE = "prepare", _("Preparing the audio")
    TRANSCRIBE = "transcribe", _("Recognizing speech")
    DIARIZE = "diarize", _("Telling speakers apart")
    ASSEMBLE = "assemble", _("Putting it together")


class StepStatus(models.TextChoices):
    """`waiting`: for the recording or for quota. `runnable`: any worker may claim it. `leased`: one worker has it."""

    WAITING = "waiting", _("Waiting")
    RUNNABLE = "runnable", _("Runnable")
    LEASED = "leased", _("Running")
    FINISHED = "finished", _("Finished")
    FAILED = "failed", _("Failed")
    CANCELED = "canceled", _("Canceled")


STEP_TRANSITIONS: dict[StepStatus, frozenset[StepStatus]] = {
    StepStatus.WAITING: frozenset({StepStatus.RUNNABLE, StepStatus.CANCELED}),
    StepStatus.RUNNABLE: frozenset({StepStatus.LEASED, StepStatus.CANCELED}),
    StepStatus.LEASED: frozenset({StepStatus.FINISHED, StepStatus.FAILED, StepStatus.RUNNABLE, StepStatus.CANCELED}),
    StepStatus.FINISHED: frozenset({StepStatus.WAITING}),  # speakers again
    StepStatus.FAILED: frozenset({StepStatus.RUNNABLE}),
    StepStatus.CANCELED: frozenset({StepStatus.WAITING, StepStatus.RUNNABLE}),
}
OPEN_STEP_STATUSES = (StepStatus.WAITING, StepStatus.RUNNABLE, StepStatus.LEASED)

# A step whose failure leaves a usable transcript: the job completes with a warning.
OPTIONAL_STEPS = frozenset({StepKind.DIARIZE})


class Queue(models.TextChoices):
    """What a worker may serve. Recognition goes by the size of its model."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    DEFAULT = "default"
    DIARIZE = "diarize"
    LIGHT = "light"


class Priority(models.IntegerChoices):
    LOW = 0, _("low")
    NORMAL = 1, _("normal")
    HIGH = 2, _("high")
