"""Events of Stripe: written down when they come, worked on by a worker, each once.

What an event says is only a hint that something happened: `accounts.refresh` asks Stripe how things stand now. So
the order in which events come, and how often, does not matter.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from billing.gateway import accounts, letters, meter_errors, mirror
from billing.models import Account, StripeEvent
from billing.plans import money
from config.common import queue
from config.common.clock import now

logger = structlog.get_logger(__name__)
Json = dict[str, Any]
Status = StripeEvent.Status
# After each failed try; what still fails then waits for the staff.
DELAYS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600, 6 * 3600))
BATCH = 200
KEPT_DAYS = 90


def receive(payload: Json) -> StripeEvent | None:
    """Keep a verified event and ring for a worker; None when it was here before."""
    customer = _customer_of((payload.get("data") or {}).get("object") or {})[:255]
    account = accounts.of_customer(customer)
    event, is_new = StripeEvent.objects.get_or_create(
        event_id=payload["id"],
        defaults={
            "type": payload["type"][:100],
            "customer": customer,
            "organization": account.organization if account else None,
            "payload": payload,
            "happened_at": _moment(payload["created"]),
        },
    )
    if not is_new:
        return None
    queue.on_commit("billing.process_event", event.pk)
    return event


def process(event_id: UUID | str) -> str:
    """Work on one event if it is due and nobody else is at it; its status then, empty when there was nothing to do."""
    try:
        with transaction.atomic():
            due = StripeEvent.objects.due().select_for_update(skip_locked=True, of=("self",))
            event: StripeEvent | None = due.filter(pk=event_id).first()
            if event is None or not money():
                return ""
            _apply(event)
            _finish(event)
            return event.status
    except Exception as error:  # whatever it is: the event stays, is tried again, and is seen by the staff at last
        return _postpone(event_id, error)


def ring_due() -> int:
    """Sent by beat: ring for events to try again, and for those that the broker lost. How many there were.

    Each is a task of its own: while Stripe is slow to answer, one after the other would take up all of the sweep.
    """
    ids = list(StripeEvent.objects.due().order_by("due_at").values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        queue.send("billing.process_event", pk)
    return len(ids)


def again(event: StripeEvent) -> None:
    """Staff run an event once more, whatever became of it."""
    fresh = {"status": Status.WAITING, "attempts": 0, "due_at": now(), "finished_at": None, "error": ""}
    StripeEvent.objects.filter(pk=event.pk).update(**fresh, updated_at=now())
    queue.on_commit("billing.process_event", event.pk)


def forget_old() -> int:
    """Delete what was worked on long ago: events hold names and addresses of people. How many there were."""
    done = StripeEvent.objects.filter(status__in=[Status.PROCESSED, Status.IGNORED])
    return int(done.filter(created_at__lt=now() - timedelta(days=KEPT_DAYS)).delete()[0])


def _apply(event: StripeEvent) -> None:
    """SECURITY: the customer decides whose event it is, and only a customer that we made ourselves is somebody's.

    What an event's metadata claims is never asked: whoever makes objects in that Stripe account writes it.
    """
    if event.type in meter_errors.KINDS:
        meter_errors.read(event)
        event.status = Status.PROCESSED
        return
    act = HANDLERS.get(event.type)
    account = accounts.of_customer(event.customer)
    if act is None or account is None:
        event.status = Status.IGNORED
        return
    event.organization_id = account.organization_id
    act(event, accounts.refresh(event.customer) or account)
    event.status = Status.PROCESSED


def _finish(event: StripeEvent) -> None:
    event.attempts, event.finished_at, event.error = event.attempts + 1, now(), ""
    event.save(update_fields=["status", "organization", "payload", "attempts", "finished_at", "error", "updated_at"])
    logger.info("stripe_event", event_type=event.type, stripe_event=event.event_id, status=event.status)


@transaction.atomic
def _postpone(event_id: UUID | str, error: Exception) -> str:
    waiting = StripeEvent.objects.select_for_update().filter(pk=event_id, status=Status.WAITING)
    event: StripeEvent | None = waiting.first()
    if event is None:  # purged with its organization, or another worker has succeeded meanwhile
        return ""
    event.attempts += 1
    event.error = f"{type(error).__name__}: {error}"[:2000].replace("\0", "")
    if event.attempts > len(DELAYS):
        event.status, event.finished_at = Status.FAILED, now()
        logger.error("stripe_event_given_up", event_type=event.type, stripe_event=event.event_id, exc_info=error)
    else:
        event.due_at = now() + DELAYS[event.attempts - 1]
        logger.warning(
            "stripe_event_failed", event_type=event.type, stripe_event=event.event_id, error=type(error).__name__
        )
    event.save(update_fields=["attempts", "error", "status", "finished_at", "due_at", "updated_at"])
    return str(event.status)


def _moment(created: int | str) -> datetime:
    """Seconds, or text in thin events. Raises ValueError."""
    return datetime.fromisoformat(created) if isinstance(created, str) else datetime.fromtimestamp(created, UTC)


def _customer_of(thing: Json) -> str:
    """An object of Stripe's names its customer, or is one."""
    if thing.get("object") == "customer":
        return str(thing.get("id") or "")
    customer = thing.get("customer")
    return str((customer or {}).get("id") or "") if isinstance(customer, dict) else str(customer or "")


def _stands(_event: StripeEvent, _account: Account) -> None:
    """Nothing but to know how things stand, and that has been asked."""


def _trial_ends(_event: StripeEvent, account: Account) -> None:
    if account.status == Account.Status.TRIALING:
        letters.tell_of_trial_end(account)


def _invoice(event: StripeEvent, _account: Account) -> None:
    mirror.invoice(event.payload["data"]["object"]["id"])


HANDLERS: dict[str, Callable[[StripeEvent, Account], None]] = {
    "checkout.session.completed": _stands,
    "checkout.session.async_payment_succeeded": _stands,
    "customer.updated": _stands,
    "customer.subscription.created": _stands,
    "customer.subscription.updated": _stands,
    "customer.subscription.deleted": _stands,
    "customer.subscription.paused": _stands,
    "customer.subscription.resumed": _stands,
    "customer.subscription.trial_will_end": _trial_ends,
    "invoice.finalized": _invoice,
    "invoice.paid": _invoice,
    "invoice.payment_failed": _invoice,
    "invoice.payment_action_required": _invoice,
    "invoice.marked_uncollectible": _invoice,
    "invoice.voided": _invoice,
}
