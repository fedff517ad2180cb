"""What an operator is told to look at before customers notice."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import StripeCall, StripeEvent
from config.common.clock import from_now, now
from organizations.models import Organization

pytestmark = pytest.mark.django_db


def measured() -> dict[str, float]:
    """The series about Stripe by name and labels."""
    text = Client().get("/metrics").content.decode()
    lines = (line.rpartition(" ") for line in text.splitlines() if line.startswith("tadwin_stripe"))
    return {name: float(value) for name, _space, value in lines}


def test_what_waits_for_stripe_and_what_was_given_up(organization: Organization) -> None:
    assert set(measured().values()) == {0}, "there even where nothing is sold"
    event = {"type": "invoice.paid", "payload": {}, "happened_at": now()}
    StripeEvent.objects.create(event_id="evt_1", status="failed", **event)
    StripeEvent.objects.create(event_id="evt_2", status="processed", **event)
    for number, status in enumerate(("waiting", "failed", "failed", "sent")):
        StripeCall.objects.create(kind="meter", key=str(number), status=status, organization_id=organization.pk)
    StripeCall.objects.update(created_at=from_now(seconds=-7200))

    series = measured()

    assert series['tadwin_stripe{kind="event",status="failed"}'] == 1
    assert series['tadwin_stripe{kind="event",status="waiting"}'] == 0
    assert series['tadwin_stripe{kind="call",status="failed"}'] == 2
    assert series['tadwin_stripe{kind="call",status="waiting"}'] == 1
    assert series['tadwin_stripe_age_seconds{kind="event"}'] == 0
    assert 7200 <= series['tadwin_stripe_age_seconds{kind="call"}'] < 7300
