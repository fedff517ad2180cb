"""What workers do for recordings. Every task may run twice without harm."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from media.services import imports, probing, purging, retention, sweeping

PROBE_SECONDS = 2 * 3600
SWEEP_SECONDS = 15 * 60


@shared_task(name="media.probe", soft_time_limit=PROBE_SECONDS, time_limit=PROBE_SECONDS + 60)
def probe(recording_id: str) -> None:
    """Examine one uploaded file."""
    probing.probe(recording_id)


@shared_task(name="media.purge", soft_time_limit=SWEEP_SECONDS, time_limit=SWEEP_SECONDS + 60)
def purge(purge_id: str) -> None:
    """Delete the objects that one StoragePurge names."""
    purging.run_one(purge_id)


@shared_task(name="media.sweep", soft_time_limit=SWEEP_SECONDS, time_limit=SWEEP_SECONDS + 60)
def sweep() -> None:
    """Sent by beat: lost probes, unfinished uploads, old trash, objects that must go."""
    sweeping.sweep()


@shared_task(name="media.enforce_retention", soft_time_limit=SWEEP_SECONDS, time_limit=SWEEP_SECONDS + 60)
def enforce_retention() -> int:
    """Sent by beat: audio that is older than its organization keeps audio."""
    return retention.enforce()


@shared_task(
    name="media.import",
    soft_time_limit=settings.MEDIA_IMPORT_SECONDS + 300,
    time_limit=settings.MEDIA_IMPORT_SECONDS + 360,
)
def import_url(import_id: str) -> None:
    """Fetch one file from the address that somebody gave."""
    imports.fetch(import_id)
