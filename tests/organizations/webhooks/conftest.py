"""An endpoint on this machine, and what workers and time do to deliveries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from accounts.models import User
from config.common.clock import now
from organizations.models import WebhookDelivery, WebhookEndpoint
from organizations.webhooks import delivering
from tests.local_server import LocalServer, serving

Json = dict[str, Any]


@pytest.fixture
def receiver() -> Iterator[LocalServer]:
    """The program that wants to be told."""
    with serving() as server:
        yield server


@pytest.fixture
def subscribe(api: Callable[..., Any], alice: User, receiver: LocalServer) -> Callable[..., Json]:
    """`subscribe(events=[...])`: an endpoint at `receiver`, as the API answers it, secret included."""

    def make(**fields: Any) -> Json:
        answer = api(alice).post("/webhooks", {"url": receiver.url + "/hooks", **fields})
        assert answer.status_code == 201, answer.content
        made: Json = answer.json()
        return made

    return make


def send_due() -> int:
    """What workers do about everything that is due now; how many messages arrived."""
    return sum(delivering.deliver(row.pk) for row in WebhookDelivery.objects.due().order_by("due_at"))


def pass_time(seconds: float) -> None:
    """Everything on record happened so much earlier."""
    gone = timedelta(seconds=seconds)
    WebhookDelivery.objects.update(due_at=F("due_at") - gone, created_at=F("created_at") - gone)
    WebhookDelivery.objects.exclude(lease_until=None).update(lease_until=F("lease_until") - gone)
    for field in ("failing_since", "resting_until", "old_secret_until"):
        WebhookEndpoint.objects.exclude(**{field: None}).update(**{field: F(field) - gone})


def delays() -> list[float]:
    """Seconds until the next try of each waiting delivery."""
    waiting = WebhookDelivery.objects.filter(status="pending").order_by("created_at")
    return [(due - now()).total_seconds() for due in waiting.values_list("due_at", flat=True)]
