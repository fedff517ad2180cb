"""How an endpoint fares: it rests after it kept us waiting, is paused after long failure, stops when it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from accounts.models import User
from config.common.clock import from_now, now
from organizations import audit
from organizations.models import WebhookDelivery, WebhookEndpoint
from organizations.notifications import mail
from organizations.roles import Role

if TYPE_CHECKING:
    from organizations.webhooks.delivering import Outcome

GONE = 410
# An endpoint that answers at once costs a worker nothing, however wrong the answer is.
SLOW_SECONDS = 3.0
LONGEST_REST = 600.0
MANAGERS = (Role.OWNER, Role.ADMIN)


def note(endpoint: WebhookEndpoint, outcome: Outcome) -> None:
    """Write what one try says about the endpoint, whose row the caller has locked."""
    row = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    if outcome.is_success:
        row.update(failures=0, failing_since=None, resting_until=None, last_success_at=now())
        return
    rest = _rest(endpoint, outcome)
    endpoint.failures, endpoint.failing_since = endpoint.failures + 1, endpoint.failing_since or now()
    row.update(failures=endpoint.failures, failing_since=endpoint.failing_since, resting_until=rest)
    if outcome.status == GONE:
        stop(endpoint, WebhookEndpoint.Status.GONE)
    elif _has_failed_long(endpoint):
        stop(endpoint, WebhookEndpoint.Status.PAUSED)


def _rest(endpoint: WebhookEndpoint, outcome: Outcome) -> object:
    """SECURITY: without it, one tenant's endpoint that never answers would hold every worker for its whole backlog."""
    if outcome.seconds < SLOW_SECONDS:
        return None
    delays = settings.WEBHOOK_RETRY_DELAYS or [LONGEST_REST]
    return from_now(seconds=min(delays[min(endpoint.failures, len(delays) - 1)], LONGEST_REST))


def _has_failed_long(endpoint: WebhookEndpoint) -> bool:
    """For hours, and as often as one message is tried: a single bad evening pauses nothing."""
    often = endpoint.failures > len(settings.WEBHOOK_RETRY_DELAYS)
    since = endpoint.failing_since or now()
    return often and since <= from_now(hours=-settings.WEBHOOK_PAUSE_HOURS)


def stop(endpoint: WebhookEndpoint, status: str) -> None:
    """Send nothing there any more, and tell those who manage it. What waits is closed; it can be replayed later."""
    stopped = WebhookEndpoint.objects.active().filter(pk=endpoint.pk).update(status=status, updated_at=now())
    if not stopped:
        return
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, status=WebhookDelivery.Status.PENDING)
    waiting.update(status=WebhookDelivery.Status.FAILED, finished_at=now(), lease_until=None)
    audit.record(
        organization=endpoint.organization, action="webhook.stopped", target=endpoint, data={"status": str(status)}
    )
    _write_to_managers(endpoint, is_gone=status == WebhookEndpoint.Status.GONE)


def _write_to_managers(endpoint: WebhookEndpoint, *, is_gone: bool) -> None:
    context = {"endpoint": endpoint, "organization": endpoint.organization, "is_gone": is_gone}
    managers = User.objects.filter(
        memberships__organization=endpoint.organization, memberships__role__in=MANAGERS, is_active=True
    )
    for manager in managers.distinct():
        mail.send("webhook_stopped", manager, context)
