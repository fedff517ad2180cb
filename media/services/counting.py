"""Putting right how many bytes each organization has in storage, should rows have been changed by hand."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from billing.models import StoredFile
from media.models import Recording
from media.states import RecordingStatus

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Recount:
    added: int
    removed: int


@transaction.atomic
def recount() -> Recount:
    """A line for every recording with a file that has none, none for those that are gone. Safe to do twice."""
    counted = StoredFile.objects.values("key")
    missing = Recording.objects.filter(audio_purged_at=None).exclude(pk__in=counted)
    added = 0
    for recording in missing.iterator(chunk_size=BATCH):
        StoredFile.objects.get_or_create(key=recording.pk, defaults=_line(recording))
        added += 1
    kept = Recording.objects.filter(audio_purged_at=None).values("pk")
    removed, _by_model = StoredFile.objects.exclude(key__in=kept).delete()
    return Recount(added, removed)


def _line(recording: Recording) -> dict[str, object]:
    under_way = recording.status == RecordingStatus.UPLOADING
    status = StoredFile.Status.RESERVED if under_way else StoredFile.Status.SETTLED
    return {"organization_id": recording.organization_id, "bytes": recording.size, "status": status}
