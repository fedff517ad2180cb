"""What a worker does when the bell rings: one job's steps, as long as this queue has any."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext_noop as _

from config.common import shutdown
from media.audio.errors import MediaError
from media.storage import ObjectMissingError, StorageError
from transcription import dispatch, lifecycle
from transcription.asr.types import EngineError, Stopped
from transcription.lifecycle import Lease, LeaseLost, StepError
from transcription.runner.attempt import Attempt
from transcription.runner.steps import STEPS
from transcription.runner.workspace import Workspace

logger = structlog.get_logger(__name__)
# A database may be away for a minute.
RECONNECT_DELAYS = (1, 2, 5, 10, 20, 30)


def work(queue: str, *, worker: str, task_id: str = "") -> int:
    """Claim the fairest step of `queue` and go on with the same job; returns how many steps were run."""
    count, began = 0, time.monotonic()
    lease = None if shutdown.requested() else dispatch.claim(queue, worker=worker, task_id=task_id)
    with Workspace() as workspace:
        while lease is not None:
            _run(lease, workspace)
            count += 1
            # The task's limit is meant for one step: after half of it the rest is for another task to claim.
            if shutdown.requested() or time.monotonic() - began > settings.STEP_SOFT_TIME_LIMIT / 2:
                break
            lease = dispatch.claim(queue, worker=worker, task_id=task_id, job_id=lease.job_id)
    if count:
        dispatch.ring_if_runnable(queue)
    return count


def _run(lease: Lease, workspace: Workspace) -> None:
    started = time.monotonic()
    ids = {"job": str(lease.job_id), "organization": str(lease.organization_id), "step": lease.step_id}
    with structlog.contextvars.bound_contextvars(**ids, kind=str(lease.kind), index=lease.index, attempt=lease.attempt):
        outcome = _outcome(lease, workspace)
        logger.info("step", outcome=outcome, seconds=round(time.monotonic() - started, 3))


def _outcome(lease: Lease, workspace: Workspace) -> str:
    """Run the step and settle how it ended, in one word for the log."""
    try:
        lifecycle.start(lease)
        with Attempt(lease, workspace) as attempt:
            STEPS[lease.kind](attempt)
    except LeaseLost:
        return "lost"
    except Stopped:
        return _stopped(lease)
    except (OperationalError, InterfaceError):
        logger.warning("database_away", exc_info=True)
        return _settle("handed back", lambda: lifecycle.hand_back(lease))
    except Exception as error:
        described = _describe(error)
        logger.warning("step_failed", error_type=described.type, retryable=described.retryable)
        return _settle("failed", lambda: lifecycle.fail(lease, described))
    return "finished"


def _stopped(lease: Lease) -> str:
    """A worker that is asked to stop hands its step back; otherwise somebody else has it already."""
    if not shutdown.requested():
        return "stopped"
    return _settle("handed back", lambda: lifecycle.hand_back(lease))


def _describe(error: Exception) -> StepError:
    """The error as users see it; what nobody foresaw is logged whole and told without details."""
    match error:
        case EngineError():
            return StepError(error.type, error.message, error.retryable)
        case MediaError():
            return StepError(error.reason, error.message, False)
        case ObjectMissingError():
            return StepError("recording_missing", _("The recording's file is gone. Upload it again."), False)
        case StorageError():
            return StepError("storage_unavailable", _("The storage did not answer. Try again later."), True)
        case MemoryError():
            return StepError("out_of_memory", _("The worker ran out of memory. Try a smaller model."), True)
    logger.exception("step_crashed")
    message = _("Something broke on our side. Try again; support can find it by the job id.")
    return StepError("internal_error", message, True)


def _settle(outcome: str, write: Callable[[], list[str]]) -> str:
    """Write how the step ended, however long the database is away; in the end the lease runs out by itself."""
    for delay in (*RECONNECT_DELAYS, None):
        try:
            dispatch.ring(write())
            return outcome
        except LeaseLost:
            return "lost"
        except (OperationalError, InterfaceError):
            connection.close()
            if delay is None or shutdown.requested():
                break
            time.sleep(delay)
    return "left to the reaper"
