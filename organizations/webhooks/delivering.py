"""From a waiting row to an answer: a worker claims the delivery, sends it once, and writes down what came back.

A claim is a lease with a fence (`attempt`): two workers never send one delivery at the same time, and one that was
given up for dead changes nothing any more. A claim counts as a try, so that no message can kill workers for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from config.common import outbound, queue
from config.common.clock import from_now, now
from config.common.encryption import Undecryptable
from config.common.outbound import Limits, OutboundError
from organizations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from organizations.webhooks import health, signing

logger = structlog.get_logger(__name__)
# Looking the name up, sending and writing it down fit in well; the task's own limits are below it.
LEASE_SECONDS = 60.0
BATCH = 500
EXCERPT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Outcome:
    """`error` is a code of `outbound`, or "signing"; else there was an answer with `status`."""

    seconds: float
    status: int | None = None
    error: str = ""
    response: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and outbound.is_success(self.status)


def deliver(delivery_id: UUID | str) -> bool:
    """Send one delivery if it is due and nobody else is at it; True when it arrived. A bad endpoint raises nothing."""
    delivery = _claim(delivery_id)
    if delivery is None:
        return False
    started_at, outcome = now(), _send(delivery)
    _write_down(delivery, started_at, outcome)
    logger.info(
        "webhook_sent", delivery=str(delivery.pk), endpoint=str(delivery.endpoint_id), event_type=delivery.event,
        attempt=delivery.attempt, status=outcome.status, error=outcome.error,
    )  # fmt: skip
    return outcome.is_success


@transaction.atomic
def _claim(delivery_id: UUID | str) -> WebhookDelivery | None:
    due = WebhookDelivery.objects.due().filter(pk=delivery_id, endpoint__in=WebhookEndpoint.objects.awake())
    delivery: WebhookDelivery | None = (
        due.select_for_update(skip_locked=True, of=("self",)).select_related("endpoint").first()
    )
    if delivery is None:
        return None
    delivery.attempt += 1
    delivery.tries += 1
    delivery.lease_until = from_now(seconds=LEASE_SECONDS)
    delivery.save(update_fields=["attempt", "tries", "lease_until", "updated_at"])
    return delivery


def _send(delivery: WebhookDelivery) -> Outcome:
    body, timestamp = delivery.body.encode(), int(now().timestamp())
    seconds = settings.WEBHOOK_TIMEOUT
    try:
        signed = signing.headers(
            delivery.endpoint.secrets(), message_id=delivery.message_id, timestamp=timestamp, body=body
        )
        answer = outbound.request(
            "POST",
            delivery.endpoint.url,
            content=body,
            headers={"Content-Type": "application/json", **signed},
            limits=Limits(connect=min(5.0, seconds), read=seconds, total=seconds, size=EXCERPT_BYTES),
        )
    except OutboundError as error:
        return Outcome((now().timestamp() - timestamp), error=error.code, response=str(error))
    except Undecryptable:
        return Outcome(0.0, error="signing")
    return Outcome(answer.seconds, answer.status, response=_excerpt(answer.body))


def _excerpt(body: bytes) -> str:
    """What people may read of an answer. PostgreSQL keeps no zero byte in a text."""
    return body.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


@transaction.atomic
def _write_down(delivery: WebhookDelivery, started_at: datetime, outcome: Outcome) -> None:
    # The endpoint is locked first by all who write both, and so that rows which only point to it do not wait.
    locked = WebhookEndpoint.objects.select_for_update(no_key=True, of=("self",))
    endpoint = locked.select_related("organization").filter(pk=delivery.endpoint_id).first()
    if endpoint is None:
        return  # deleted while we were sending, its log with it
    _log(delivery, started_at, outcome)
    if _settle(delivery, outcome):
        health.note(endpoint, outcome)


def _log(delivery: WebhookDelivery, started_at: datetime, outcome: Outcome) -> None:
    WebhookAttempt.objects.create(
        organization_id=delivery.organization_id,
        delivery=delivery,
        number=delivery.attempt,
        started_at=started_at,
        duration_ms=max(0, round(outcome.seconds * 1000)),
        status_code=outcome.status,
        error=outcome.error,
        response=outcome.response,
    )


def _settle(delivery: WebhookDelivery, outcome: Outcome) -> bool:
    """Close the delivery, or set the time of its next try; False when the lease was lost."""
    changes: dict[str, Any] = {"lease_until": None, "updated_at": now()}
    delays = settings.WEBHOOK_RETRY_DELAYS
    if outcome.is_success:
        changes |= {"status": WebhookDelivery.Status.DELIVERED, "finished_at": now()}
    elif delivery.tries > len(delays) or outcome.status == health.GONE:
        changes |= {"status": WebhookDelivery.Status.FAILED, "finished_at": now()}
    else:
        changes["due_at"] = now() + timedelta(seconds=delays[delivery.tries - 1])
    ours = WebhookDelivery.objects.filter(
        pk=delivery.pk, attempt=delivery.attempt, status=WebhookDelivery.Status.PENDING
    )
    return bool(ours.update(**changes))


def sweep() -> int:
    """Ring again for everything that is due: retries, lost messages, dead workers. How many there were."""
    _give_up_on_killers()
    due = WebhookDelivery.objects.due().filter(endpoint__in=WebhookEndpoint.objects.awake())
    ids = list(due.order_by("due_at").values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        queue.send("organizations.deliver_webhook", pk)
    return len(ids)


def _give_up_on_killers() -> None:
    """Deliveries whose every try took its worker along: none of them wrote an end."""
    most = len(settings.WEBHOOK_RETRY_DELAYS) + 1
    WebhookDelivery.objects.due().filter(tries__gte=most).update(
        status=WebhookDelivery.Status.FAILED, finished_at=now(), lease_until=None
    )


def forget_old() -> int:
    """Delete what is older than the log is kept; how many deliveries that were."""
    old = WebhookDelivery.objects.exclude(status=WebhookDelivery.Status.PENDING).filter(
        created_at__lt=from_now(days=-settings.WEBHOOK_LOG_DAYS)
    )
    chosen = list(old.values_list("pk", flat=True)[: BATCH * 10])
    WebhookDelivery.objects.filter(pk__in=chosen).delete()
    return len(chosen)
