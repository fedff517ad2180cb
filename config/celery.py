"""The Celery application: a doorbell for steps, and short tasks that any worker can do twice without harm."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init, worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings

from config.common import shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("tadwin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def every(seconds: float, task: str) -> dict[str, Any]:
    """An entry of the beat. A message that nobody took in time is dropped: the next one does the same."""
    return {"task": task, "schedule": timedelta(seconds=seconds), "options": {"queue": "light", "expires": seconds}}


app.conf.beat_schedule = {
    "reap": every(settings.REAPER_SECONDS, "transcription.reap"),
    "sweep-media": every(60, "media.sweep"),
    "forget-idempotency-keys": every(3600, "organizations.forget_idempotency_keys"),
    "sweep-mails": every(60, "accounts.sweep_mails"),
    "forget-old-notices": every(24 * 3600, "organizations.forget_old_notices"),
    "purge-organizations": every(3600, "organizations.purge"),
    "retain-media": every(3600, "media.enforce_retention"),
    "retain-transcripts": every(3600, "transcription.enforce_retention"),
    "look-for-voices": every(600, "transcription.look_for_voices"),
    "sweep-webhooks": every(10, "organizations.sweep_webhooks"),
    "forget-webhook-deliveries": every(3600, "organizations.forget_webhook_deliveries"),
    "sweep-billing": every(60, "billing.sweep"),
    "clean-results": every(24 * 3600, "celery.backend_cleanup"),
}


@setup_logging.connect
def _use_our_logging(**_kwargs: Any) -> None:
    """Keep Celery from installing its own handlers over ours."""


@worker_init.connect
def _check_settings(**_kwargs: Any) -> None:
    """Celery runs Django's checks and throws away what they say; other exceptions than SystemExit as well."""
    from django.core.management.base import BaseCommand, SystemCheckError

    from transcription.checks import RECOGNITION

    try:
        BaseCommand().check(tags=[RECOGNITION])
    except SystemCheckError as error:
        sys.exit(str(error))


@worker_ready.connect
def _announce(sender: Any, **_kwargs: Any) -> None:
    """Tell health checks that this worker is alive, which queues it serves and what it would recognize with."""
    from config.heartbeat import start

    start(name=str(sender.hostname), queues=[queue.name for queue in sender.task_consumer.queues])


@worker_shutting_down.connect
def _stop_steps(**_kwargs: Any) -> None:
    """SIGTERM: running steps notice within moments and hand themselves back."""
    shutdown.request()


@worker_shutdown.connect
def _say_goodbye(sender: Any, **_kwargs: Any) -> None:
    from config.heartbeat import stop

    stop(str(sender.hostname))
