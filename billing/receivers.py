"""What billing has to say when organizations change."""

from __future__ import annotations

from typing import Any

from billing import usage
from billing.gateway import endpoints
from billing.quota import seats
from billing.quota.limits import require_writable
from billing.services import closing
from config.common import encryption
from organizations.models import Organization
from organizations.signals import (
    member_inviting,
    member_joining,
    organization_changing,
    organization_closed,
    organization_purged,
    organization_reopened,
)


def connect() -> None:
    encryption.rotating.connect(on_rotating, dispatch_uid="billing.rotate_endpoint_secrets")
    organization_closed.connect(on_closed, dispatch_uid="billing.close")
    organization_reopened.connect(on_reopened, dispatch_uid="billing.reopen")
    organization_purged.connect(on_purged, dispatch_uid="billing.detach")
    organization_changing.connect(on_changing, dispatch_uid="billing.read_only")
    member_inviting.connect(seats.on_inviting, dispatch_uid="billing.invite")
    member_joining.connect(seats.on_joining, dispatch_uid="billing.join")


def on_purged(organization: Organization, counts: dict[str, int], **_kwargs: Any) -> None:
    counts["usage_entries"] = usage.detach(organization)
    closing.settle(organization)


def on_closed(organization: Organization, **_kwargs: Any) -> None:
    closing.close(organization)


def on_reopened(organization: Organization, **_kwargs: Any) -> None:
    closing.reopen(organization)


def on_rotating(**_kwargs: Any) -> int:
    return endpoints.rotate_encryption()


def on_changing(organization: Organization, **_kwargs: Any) -> None:
    require_writable(organization)
