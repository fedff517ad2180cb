"""Objects that must leave the storage. A row names the folder first, so that no crash leaves anything behind."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Now

from config.common import queue
from config.common.clock import from_now, now
from media.models import MediaImport, Recording, StoragePurge, UploadSession
from media.states import RecordingStatus
from media.storage import MediaStorage, StorageError, get_media_storage

logger = structlog.get_logger(__name__)
BATCH = 100
CLAIM_MINUTES = 15
LONGEST_DELAY_MINUTES = 24 * 60
ANOTHER_LOOK = timedelta(minutes=5)


def schedule(prefix: str, *, writable_until: datetime | None = None) -> None:
    """Call inside the transaction that removes the rows: everything under `prefix` goes once it has committed.

    Where somebody may still write there until `writable_until`, a second purge follows after that moment.
    """
    first = StoragePurge.objects.create(prefix=prefix)
    if writable_until and writable_until > now():
        StoragePurge.objects.create(prefix=prefix, not_before=writable_until + ANOTHER_LOOK)
    queue.on_commit("media.purge", first.pk)


def schedule_object(key: str) -> None:
    """As `schedule`, for one object: its row has no slash at the end."""
    purge = StoragePurge.objects.create(prefix=key)
    queue.on_commit("media.purge", purge.pk)


def writable_until(recording: Recording) -> datetime | None:
    """Until when a signed upload address or a worker may still write below the recording's prefix; None for nobody.

    SECURITY: a signed address cannot be taken back; it works until it expires, even after the recording is gone.
    """
    moments = [recording.probe_lease_until] if recording.probe_lease_until else []
    leases = MediaImport.objects.filter(recording=recording).values_list("lease_until", flat=True)
    moments += [moment for moment in leases if moment]
    session = UploadSession.objects.filter(recording=recording).first()
    if session:
        last_signed = now() if session.status == UploadSession.Status.OPEN else session.updated_at
        moments.append(last_signed + timedelta(seconds=settings.MEDIA_UPLOAD_URL_EXPIRES))
    return max(moments, default=None)


def due() -> list[StoragePurge]:
    return list(StoragePurge.objects.filter(Q(not_before=None) | Q(not_before__lte=Now()))[:BATCH])


def run(purge: StoragePurge) -> bool:
    """Delete until the listing is empty, then drop the row; True when that was reached. Safe to do twice."""
    claimed = StoragePurge.objects.filter(pk=purge.pk, not_before=purge.not_before).update(
        not_before=from_now(minutes=CLAIM_MINUTES), attempts=F("attempts") + 1
    )
    if not claimed:
        return False
    storage = get_media_storage()
    try:
        empty = _clear(storage, purge.prefix)
    except StorageError as error:
        return _postpone(purge, str(error))
    if not empty:
        return _postpone(purge, "Objects appeared while they were deleted.")
    StoragePurge.objects.filter(pk=purge.pk).delete()
    return True


def _clear(storage: MediaStorage, name: str) -> bool:
    """Delete one object, or everything below a name that ends in a slash; True when nothing is there any more."""
    if not name.endswith("/"):
        storage.delete(name)
        return not storage.exists(name)
    storage.delete_prefix(name)
    return next(iter(storage.list_prefix(name)), None) is None


def _postpone(purge: StoragePurge, error: str) -> bool:
    minutes = min(2 ** min(purge.attempts, 20), LONGEST_DELAY_MINUTES)
    StoragePurge.objects.filter(pk=purge.pk).update(not_before=from_now(minutes=minutes), error=error[:500])
    logger.warning("storage_purge_postponed", prefix=purge.prefix, minutes=minutes, error=error)
    return False


def run_due() -> int:
    """Run every purge whose time has come; how many folders are empty now."""
    return sum(run(purge) for purge in due())


def run_one(purge_id: str) -> None:
    """Run one purge if it is still there and its time has come."""
    purge = StoragePurge.objects.filter(Q(not_before=None) | Q(not_before__lte=Now()), pk=purge_id).first()
    if purge:
        run(purge)


def old_trash() -> list[Recording]:
    """Recordings that lay in the trash for MEDIA_TRASH_DAYS."""
    before = now() - timedelta(days=settings.MEDIA_TRASH_DAYS)
    return list(Recording.objects.filter(status=RecordingStatus.DELETED, deleted_at__lt=before)[:BATCH])
