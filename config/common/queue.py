"""Enqueue by task name, after commit, so that web never imports tasks and a lost broker never fails a request."""

from __future__ import annotations

import structlog
from celery import current_app
from django.db import transaction

logger = structlog.get_logger(__name__)


def on_commit(name: str, *args: object, queue: str = "light") -> None:
    """Send task `name` with JSON-able `args` once the current transaction has committed.

    Rows are the truth and sweepers look at them, so a message that could not be sent is only a delay.
    """
    transaction.on_commit(lambda: send(name, *args, queue=queue), robust=True)


def send(name: str, *args: object, queue: str = "light") -> None:
    """Send now; a broker that is away is logged, not raised."""
    try:
        current_app.send_task(name, args=[str(arg) for arg in args], queue=queue, retry=False)
    except Exception as error:
        logger.warning("enqueue_failed", task=name, queue=queue, error=type(error).__name__)
