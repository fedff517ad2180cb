"""THE only writer of the state of jobs and steps.

Every change is a conditional UPDATE whose row count is read. Locks are taken in one order: the job's row, then its
steps' rows; whoever claims a step touches that step alone. A worker's last write is fenced by the step's attempt, so
that a worker which lost its lease writes nothing.
"""

from transcription.lifecycle.jobs import cancel, fail_job, make_runnable, open_job, rediarize, reopen
from transcription.lifecycle.progress import report_progress
from transcription.lifecycle.repair import reap, requeue
from transcription.lifecycle.rows import Lease, LeaseLost, StepError, billable_seconds, usage_key
from transcription.lifecycle.steps import (
    add_chunk,
    complete,
    fail,
    finish,
    finish_again,
    hand_back,
    renew,
    save_checkpoint,
    start,
)

__all__ = [
    "Lease",
    "LeaseLost",
    "StepError",
    "add_chunk",
    "billable_seconds",
    "cancel",
    "complete",
    "fail",
    "fail_job",
    "finish",
    "finish_again",
    "hand_back",
    "make_runnable",
    "open_job",
    "reap",
    "rediarize",
    "renew",
    "reopen",
    "report_progress",
    "requeue",
    "save_checkpoint",
    "start",
    "usage_key",
]
