"""Billing's errands. Rows are the truth: each may run twice, and a lost message is only a delay."""

from __future__ import annotations

from celery import shared_task

from billing.gateway import accounts, inbox, outbox


@shared_task(name="billing.process_event", soft_time_limit=120, time_limit=150)
def process_event(event_id: str) -> str:
    return inbox.process(event_id)


@shared_task(name="billing.send_call", soft_time_limit=60, time_limit=90)
def send_call(call_id: str) -> bool:
    return outbox.send(call_id)


@shared_task(name="billing.sweep", soft_time_limit=240, time_limit=300)
def sweep() -> dict[str, int]:
    """Sent by beat: what waits for Stripe in either direction, graces that ended, limits that changed with the time."""
    return {
        "events": inbox.ring_due(),
        "calls": outbox.ring_due(),
        "read_only": accounts.end_grace(),
        "made": accounts.make_missing(),
        "jobs": accounts.settle_jobs(),
        "forgotten": inbox.forget_old(),
    }
