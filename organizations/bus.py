"""The live channel of an organization: events to every open page and program of its people."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

logger = structlog.get_logger(__name__)
SECONDS = 2.0


def organization_group(organization_id: UUID | str) -> str:
    return f"org.{_hex(organization_id)}"


def door_group(organization_id: UUID | str) -> str:
    """Every open connection of the organization's people and keys, whatever it watches."""
    return f"door.{_hex(organization_id)}"


def person_group(user_id: UUID | str) -> str:
    """Every open connection of one person, of whatever organization."""
    return f"person.{_hex(user_id)}"


def job_group(job_id: UUID | str) -> str:
    return f"job.{_hex(job_id)}"


def transcript_group(transcript_id: UUID | str) -> str:
    return f"transcript.{_hex(transcript_id)}"


def publish(
    organization_id: UUID | str,
    event: dict[str, Any],
    *,
    job_id: UUID | str | None = None,
    transcript_id: UUID | str | None = None,
) -> None:
    """Send `event` now to those who watch the organization, the job or the transcript. Call it after commit.

    Never raises: rows are the truth, and readers poll or reconnect when an event is lost.
    """
    groups = [organization_group(organization_id)] + ([job_group(job_id)] if job_id else [])
    groups += [transcript_group(transcript_id)] if transcript_id else []
    _publish(groups, {"type": "live.event", "event": event}, event.get("type"))


def publish_transcript(transcript_id: UUID | str, event: dict[str, Any]) -> None:
    """Send `event` now to those alone who have the transcript open: who is here, and what was said about it."""
    _publish([transcript_group(transcript_id)], {"type": "live.event", "event": event}, event.get("type"))


def recheck(organization_id: UUID | str) -> None:
    """Somebody lost their right: once the transaction has committed, every connection closes and knocks again."""
    _recheck(door_group(organization_id))


def recheck_person(user_id: UUID | str) -> None:
    """As `recheck`, for one person: a session of theirs ended, or their password changed."""
    _recheck(person_group(user_id))


def _recheck(group: str) -> None:
    transaction.on_commit(partial(_publish, [group], {"type": "live.recheck"}, "recheck"), robust=True)


def _publish(groups: list[str], message: dict[str, Any], name: str | None) -> None:
    try:
        async_to_sync(_send)(groups, message)
    except Exception as error:
        logger.warning("live_event_lost", event_type=name, error=type(error).__name__)


async def _send(groups: list[str], message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is None:
        raise RuntimeError("CHANNEL_LAYERS is not set.")
    async with asyncio.timeout(SECONDS):
        for group in groups:
            await layer.group_send(group, message)


def _hex(value: UUID | str) -> str:
    return value.hex if isinstance(value, UUID) else UUID(value).hex
