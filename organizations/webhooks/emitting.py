"""The one way to tell endpoints something."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q

from config.common import queue
from config.common.clock import iso, now
from organizations.models import Organization, WebhookDelivery, WebhookEndpoint
from organizations.models.webhooks import EVERYTHING
from organizations.webhooks.events import EVENTS, TEST


def emit(
    organization: Organization | UUID,
    event: str,
    data: Mapping[str, Any],
    *,
    endpoint: UUID | None = None,
    due_at: datetime | None = None,
) -> list[WebhookDelivery]:
    """Write a message for every endpoint that wants `event`, inside the transaction of what it tells.

    `data` is thin and JSON-able: ids, status, links; who gets it fetches the rest. `endpoint` gets it too, whatever its
    filter. Workers send after commit; the rows are the truth, and a sweep sends what was lost, and what is due later.
    """
    if event not in EVENTS:
        raise ValueError(f"{event} is no event. Add it to organizations/webhooks/events.py.")
    organization_id = organization.pk if isinstance(organization, Organization) else organization
    wanted = Q(events__contains=[event]) | Q(events__contains=[EVERYTHING]) | Q(pk=endpoint)
    endpoints = WebhookEndpoint.objects.active().filter(wanted, organization_id=organization_id)
    return _write(event, data, organization_id, endpoints.values_list("pk", flat=True), due_at=due_at)


def emit_test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """A message for this endpoint alone, to see whether it arrives."""
    data = {"endpoint": str(endpoint.pk), "message": "If you can read this, it works."}
    (delivery,) = _write(TEST, data, endpoint.organization_id, [endpoint.pk])
    return delivery


def enqueue(delivery: WebhookDelivery) -> None:
    queue.on_commit("organizations.deliver_webhook", delivery.pk)


def _write(
    event: str,
    data: Mapping[str, Any],
    organization_id: UUID,
    endpoints: Iterable[UUID],
    due_at: datetime | None = None,
) -> list[WebhookDelivery]:
    moment = now()
    message = {"type": event, "timestamp": iso(moment), "organization": str(organization_id), "data": dict(data)}
    known = {
        "organization_id": organization_id,
        "message_id": f"msg_{uuid.uuid4().hex}",
        "event": event,
        "body": orjson.dumps(message).decode(),
        "due_at": due_at or moment,
    }
    deliveries: list[WebhookDelivery] = WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint_id=endpoint_id, **known) for endpoint_id in endpoints
    )
    for delivery in deliveries if due_at is None else ():
        enqueue(delivery)
    return deliveries
