"""Accounts of organizations as tests need them: limits by agreement, or a plan that is paid for."""

from __future__ import annotations

from typing import Any

from billing.models import Account
from config.common.clock import from_now, now
from organizations.models import Organization

KEY = "sk_test_" + "0" * 24


def agree(organization: Organization, **limits: Any) -> Account:
    """Limits beside the plan, as staff set them: `included_seconds=`, `max_storage_bytes=`, `agreed_seats=`."""
    return Account.objects.update_or_create(organization=organization, defaults=limits)[0]


def subscribe(organization: Organization, plan: str = "pro", status: str = "active", **fields: Any) -> Account:
    """A subscription of a month that began ten days ago. Only where STRIPE_SECRET_KEY is set does it mean anything."""
    known = {
        "plan": plan,
        "status": status,
        "interval": "month",
        "period_start": now() - (from_now(days=10) - now()),
        "period_end": from_now(days=20),
    }
    return agree(organization, **{**known, **fields})
