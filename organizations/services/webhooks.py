"""What administrators and their programs do with webhook endpoints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from config.common import encryption, outbound
from config.common.clock import from_now, now
from config.common.errors import Conflict, Invalid, NotFound
from config.common.outbound import OutboundError
from organizations import audit
from organizations.models import Organization, WebhookDelivery, WebhookEndpoint
from organizations.models.webhooks import EVERYTHING
from organizations.roles import Action
from organizations.tenancy import Caller
from organizations.webhooks import emitting, signing
from organizations.webhooks.events import EVENTS

Status = WebhookEndpoint.Status
LONGEST_DESCRIPTION = 200


def create(
    *, caller: Caller, url: str, events: Iterable[str] = (EVERYTHING,), description: str = ""
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is shown this once. Raises PermissionDenied, Invalid or Conflict."""
    caller.require(Action.WEBHOOKS_WRITE)
    checked, secret = _checked_url(url), signing.new_secret()
    with transaction.atomic():
        _require_room(caller.organization)
        endpoint: WebhookEndpoint = WebhookEndpoint.objects.create(
            organization=caller.organization,
            url=checked,
            events=_checked_events(events),
            description=description.strip()[:LONGEST_DESCRIPTION],
            secret=encryption.encrypt(secret),
            created_by=caller.user,
        )
        audit.record(organization=caller.organization, action="webhook.created", actor=caller, target=endpoint)
    return endpoint, secret


def update(*, caller: Caller, endpoint: WebhookEndpoint, **changes: Any) -> WebhookEndpoint:
    """Change `url`, `events`, `description`, or `status` to active or disabled.

    Switching it on forgets its failures. Raises PermissionDenied, Invalid or NotFound.
    """
    caller.require(Action.WEBHOOKS_WRITE)
    # The look-up may take seconds: it comes before the lock.
    values = {name: _CLEAN[name](value) for name, value in changes.items()}
    with transaction.atomic():
        row = _locked(caller, endpoint)
        if values.get("status") == Status.ACTIVE and row.status != Status.ACTIVE:
            values |= {"failures": 0, "failing_since": None, "resting_until": None}
        before = {name: getattr(row, name) for name in changes}
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=[*values, "updated_at"])
        changed = audit.changes(before, {name: getattr(row, name) for name in changes})
        if changed:
            # SECURITY: addresses often carry a secret of the receiver.
            audit.record(
                organization=caller.organization,
                action="webhook.changed",
                actor=caller,
                target=row,
                data={"changed": sorted(changed)},
            )
    return row


def delete(*, caller: Caller, endpoint: WebhookEndpoint) -> None:
    """With its log, and with what still waits. Raises PermissionDenied."""
    caller.require(Action.WEBHOOKS_WRITE)
    with transaction.atomic():
        row = _locked(caller, endpoint)
        audit.record(organization=caller.organization, action="webhook.deleted", actor=caller, target=row)
        row.delete()


def rotate_secret(*, caller: Caller, endpoint: WebhookEndpoint) -> tuple[WebhookEndpoint, str]:
    """A new secret, shown this once. For WEBHOOK_SECRET_OVERLAP_HOURS the former one signs beside it."""
    caller.require(Action.WEBHOOKS_WRITE)
    secret = signing.new_secret()
    with transaction.atomic():
        row = _locked(caller, endpoint)
        row.old_secret, row.secret = row.secret, encryption.encrypt(secret)
        row.old_secret_until = from_now(hours=settings.WEBHOOK_SECRET_OVERLAP_HOURS)
        row.save(update_fields=["secret", "old_secret", "old_secret_until", "updated_at"])
        audit.record(organization=caller.organization, action="webhook.secret_rotated", actor=caller, target=row)
    return row, secret


@transaction.atomic
def send_test(*, caller: Caller, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Send a `webhook.test` there. Raises PermissionDenied, or Conflict when the endpoint is not active."""
    caller.require(Action.WEBHOOKS_WRITE)
    _require_active(endpoint)
    return emitting.emit_test(endpoint)


@transaction.atomic
def replay(*, caller: Caller, delivery: WebhookDelivery) -> WebhookDelivery:
    """Send a message again, with the same id and body, now. Raises PermissionDenied or Conflict."""
    caller.require(Action.WEBHOOKS_WRITE)
    locked = WebhookDelivery.objects.visible_to(caller).select_for_update(of=("self",)).select_related("endpoint")
    row: WebhookDelivery = locked.get_or_404(delivery.pk)
    _require_active(row.endpoint)
    if row.lease_until and row.lease_until > now():
        raise Conflict(_("This message is being sent right now. Look again in a moment."), error_type="still_running")
    row.status, row.tries, row.due_at, row.finished_at = WebhookDelivery.Status.PENDING, 0, now(), None
    row.lease_until = None
    row.save(update_fields=["status", "tries", "due_at", "finished_at", "lease_until", "updated_at"])
    emitting.enqueue(row)
    return row


def rotate_encryption() -> int:
    """Bring every stored secret to the newest encryption key; how many endpoints changed."""
    changed = 0
    for pk in list(WebhookEndpoint.objects.values_list("pk", flat=True)):
        with transaction.atomic():
            row = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=pk).first()
            if row is None:
                continue
            row.secret = encryption.rotate(row.secret)
            row.old_secret = encryption.rotate(row.old_secret) if row.old_secret else ""
            row.save(update_fields=["secret", "old_secret", "updated_at"])
            changed += 1
    return changed


def _checked_url(url: str) -> str:
    try:
        outbound.check(url)
    except OutboundError as error:
        raise Invalid.field("url", str(error), error.code) from error
    return url.strip()


def _checked_events(events: Iterable[str]) -> list[str]:
    """Each once, in the order of the table; `*` stands alone."""
    wanted = set(events)
    unknown = sorted(wanted - set(EVENTS) - {EVERYTHING})
    if unknown:
        message = _("There is no event %(event)s. Events are: %(known)s.")
        raise Invalid.field("events", message % {"event": unknown[0], "known": ", ".join(EVENTS)}, "unknown")
    return [EVERYTHING] if EVERYTHING in wanted else [event for event in EVENTS if event in wanted]


def _checked_status(status: str) -> str:
    if status not in (Status.ACTIVE, Status.DISABLED):
        raise Invalid.field("status", _("Switch an endpoint to active or disabled."), "unknown")
    return status


_CLEAN: dict[str, Any] = {
    "url": _checked_url,
    "events": _checked_events,
    "status": _checked_status,
    "description": lambda text: text.strip()[:LONGEST_DESCRIPTION],
}


def _require_room(organization: Organization) -> None:
    """Of two who make the last one at once, the second sees the first."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    most = settings.WEBHOOK_MAX_ENDPOINTS
    if WebhookEndpoint.objects.filter(organization=organization).count() >= most:
        message = _("An organization has at most %(most)d endpoints. Delete one that is not needed.")
        raise Conflict(message % {"most": most}, error_type="too_many_endpoints")


def _require_active(endpoint: WebhookEndpoint) -> None:
    if endpoint.status != Status.ACTIVE:
        raise Conflict(_("This endpoint is not active. Switch it on first."), error_type="endpoint_not_active")


def _locked(caller: Caller, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Locked first by all who write both it and its deliveries."""
    row = WebhookEndpoint.objects.visible_to(caller).select_for_update().filter(pk=endpoint.pk).first()
    if not isinstance(row, WebhookEndpoint):
        raise NotFound
    return row
