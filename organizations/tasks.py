"""Housekeeping of organizations."""

from __future__ import annotations

from celery import shared_task

from organizations import idempotency
from organizations.notifications import notices
from organizations.services import deletion
from organizations.webhooks import delivering


@shared_task(name="organizations.forget_idempotency_keys", soft_time_limit=60, time_limit=90)
def forget_idempotency_keys() -> int:
    return idempotency.forget_expired()


@shared_task(name="organizations.forget_old_notices", soft_time_limit=60, time_limit=90)
def forget_old_notices() -> int:
    return notices.forget_old()


@shared_task(name="organizations.purge", soft_time_limit=3600, time_limit=3660)
def purge() -> int:
    """Sent by beat: organizations whose grace is over go for good."""
    return deletion.purge_due()


@shared_task(name="organizations.deliver_webhook", soft_time_limit=45, time_limit=55)
def deliver_webhook(delivery_id: str) -> bool:
    """Send one message to one endpoint, if it is due."""
    return delivering.deliver(delivery_id)


@shared_task(name="organizations.sweep_webhooks", soft_time_limit=30, time_limit=60)
def sweep_webhooks() -> int:
    """Sent by beat: messages whose time has come, and those that were lost."""
    return delivering.sweep()


@shared_task(name="organizations.forget_webhook_deliveries", soft_time_limit=300, time_limit=360)
def forget_webhook_deliveries() -> int:
    return delivering.forget_old()
