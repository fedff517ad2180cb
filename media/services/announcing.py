"""Tells open pages that a recording changed."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.db import transaction

from media.models import Recording
from organizations import bus, webhooks


def tell_webhooks(recording: Recording) -> None:
    """The recording was judged. Call it in the transaction of the verdict."""
    data = {
        "media": str(recording.pk),
        "status": str(recording.status),
        "reason": recording.reason or None,
        "links": {"media": f"{settings.PUBLIC_URL}/api/v1/media/{recording.pk}"},
    }
    webhooks.emit(recording.organization_id, f"media.{recording.status}", data)


def announce(recording: Recording, *, status: str = "") -> None:
    """Publish the recording's status when the transaction has committed. `status` replaces that of the row."""
    event = {
        "type": "media",
        "media": str(recording.pk),
        "status": status or str(recording.status),
        "reason": recording.reason or None,
    }
    transaction.on_commit(partial(bus.publish, recording.organization_id, event), robust=True)
