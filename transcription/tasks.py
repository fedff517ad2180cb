"""What Celery calls. Every task may run twice or never: the rows say what is left to do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from celery import Task, shared_task
from django.conf import settings
from django.db import connection

from transcription import dispatch, lifecycle, runner
from transcription.runner import engines, realigning, voices
from transcription.services import realigning as realign_service
from transcription.services import retention

LIMITS = {"soft_time_limit": settings.STEP_SOFT_TIME_LIMIT, "time_limit": settings.STEP_TIME_LIMIT}


@shared_task(bind=True, name=dispatch.WORK, acks_late=False, ignore_result=False, **LIMITS)
def work(self: Task[Any, int], queue: str) -> int:
    """The bell of `queue` rang: work on the fairest job. Answers how many steps were run."""
    try:
        return runner.work(queue, worker=str(self.request.hostname or "worker"), task_id=str(self.request.id or ""))
    finally:
        engines.unload_idle()
        connection.close_if_unusable_or_obsolete()


@shared_task(name="transcription.reap", soft_time_limit=30, time_limit=60)
def reap() -> None:
    """Free what dead workers held, and ring again for work that waits."""
    dispatch.ring(lifecycle.reap())
    dispatch.ring_lost_bells()


@shared_task(name="transcription.enforce_retention", soft_time_limit=900, time_limit=960)
def enforce_retention() -> int:
    """Sent by beat: transcripts that are older than their organization keeps them."""
    return retention.enforce()


@shared_task(name=realign_service.REALIGN, soft_time_limit=900, time_limit=960)
def realign(transcript_id: str, versions: str) -> None:
    """Asked for by a person: the times of some lines' words, out of the recording."""
    try:
        realigning.realign(UUID(transcript_id), orjson.loads(versions))
    finally:
        engines.unload_idle()


@shared_task(name="transcription.look_for_voices", soft_time_limit=900, time_limit=960)
def look_for_voices() -> int:
    """Sent when a profile changed, and by beat for what got lost: look through the recordings for its voice."""
    return voices.look_for_all()
