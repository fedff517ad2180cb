"""From `probing` to `ready` or `rejected`: a worker fetches the file, checks it, and writes what it found."""

from __future__ import annotations

import errno
import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from config.common import queue
from config.common.clock import from_now
from media.audio.errors import MediaError
from media.audio.script import SUFFIX
from media.models import Recording, UploadSession
from media.reasons import REASONS
from media.services import purging
from media.services.announcing import announce, tell_webhooks
from media.services.leases import LeaseLostError, ProbeLease
from media.services.uploads import same_file
from media.signals import recording_ready, recording_rejected
from media.states import RecordingStatus
from media.storage import ObjectMissingError, StorageUnavailableError, get_media_storage

if TYPE_CHECKING:
    from media.services.inspection import Findings

logger = structlog.get_logger(__name__)
MAX_ATTEMPTS = 3
RETRY_SECONDS = 30.0
OVERDUE_SECONDS = 60.0
BATCH = 100
HOUR_MS = 3_600_000


class RejectedError(Exception):
    """The file arrived, but must not be used; `reason` is a key of `media.reasons.REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def probe(recording_id: UUID | str) -> None:
    """Examine a recording if it waits for that and nobody else is at it. Never raises for a bad file."""
    lease = ProbeLease.claim(recording_id)
    if lease is None:
        return
    if lease.attempt > MAX_ATTEMPTS:
        _reject(lease, "corrupt_file", {})
        return
    try:
        with lease.kept_alive():
            _examine(lease)
    except LeaseLostError:
        logger.info("probe_lease_lost", recording=str(recording_id), attempt=lease.attempt)
    except StorageUnavailableError as error:
        logger.warning("probe_postponed", recording=str(recording_id), error=str(error))
        lease.hand_back(retry_seconds=RETRY_SECONDS, counted=False)
    except Exception as error:
        logger.exception("probe_failed", recording=str(recording_id), attempt=lease.attempt)
        lease.hand_back(retry_seconds=RETRY_SECONDS, counted=not _is_full_disk(error))


def _is_full_disk(error: Exception) -> bool:
    """Ours, and no fault of the file."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _examine(lease: ProbeLease) -> None:
    recording, known = _still_ours(lease), dict[str, Any]()
    with _folder() as folder:
        try:
            known["sha256"] = _fetch(recording, folder / "source", lease)
            _compare(recording, known["sha256"])
            findings = _look_into(recording, folder, lease)
            _store(recording, findings, lease)
        except (MediaError, RejectedError) as error:
            _reject(lease, error.reason, known)
            return
        except ObjectMissingError:
            _reject(lease, "source_missing", known)
            return
    _accept(recording, lease, findings, known["sha256"])


def _still_ours(lease: ProbeLease) -> Recording:
    recording = lease.row.first()
    if recording is None:
        raise LeaseLostError
    return recording


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder of this run alone, gone when it ends."""
    with tempfile.TemporaryDirectory(prefix="tadwin-probe-") as name:
        yield Path(name)


def _fetch(recording: Recording, path: Path, lease: ProbeLease) -> str:
    """Bring the source to `path`, as a stream, and return its SHA-256."""
    get_media_storage().download_to(recording.source_key, path, lambda _done, _total: lease.check())
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _compare(recording: Recording, sha256: str) -> None:
    declared = UploadSession.objects.filter(recording=recording).values_list("declared_sha256", flat=True).first()
    if declared and declared != sha256:
        raise RejectedError("hash_mismatch")


def _look_into(recording: Recording, folder: Path, lease: ProbeLease) -> Findings:
    # The web process imports this module and must load neither numpy nor FFmpeg.
    from media.services.inspection import inspect

    limit = settings.MEDIA_MAX_DURATION_HOURS * HOUR_MS
    script_allowed = settings.ASR_FAKE_ENGINE and recording.filename.lower().endswith(SUFFIX)
    return inspect(folder / "source", folder, max_duration_ms=limit, check=lease.check, script_allowed=script_allowed)


def _store(recording: Recording, findings: Findings, lease: ProbeLease) -> None:
    storage = get_media_storage()
    lease.check()
    storage.save_bytes(recording.waveform_key, findings.waveform, content_type="application/json")
    if findings.playback:
        kind = findings.metadata["playback_type"]
        storage.save_stream(recording.prefix + "playback.m4a", findings.playback, content_type=kind)


@transaction.atomic
def _accept(recording: Recording, lease: ProbeLease, findings: Findings, sha256: str) -> None:
    written = lease.write(
        status=RecordingStatus.READY,
        duration_ms=findings.duration_ms,
        content_type=findings.content_type,
        metadata=findings.metadata,
        sha256=sha256,
        duplicate_of=same_file(recording, sha256),
        has_playback_copy=findings.playback is not None,
        has_waveform=True,
    )
    if written:
        _tell(lease)
    elif not Recording.objects.filter(pk=lease.recording_id).exists():
        # Purged while we worked: what we stored since must go as well.
        purging.schedule(recording.prefix)


@transaction.atomic
def _reject(lease: ProbeLease, reason: str, known: dict[str, Any]) -> None:
    if lease.write(status=RecordingStatus.REJECTED, reason=reason, reason_detail=REASONS[reason], **known):
        _tell(lease)


def _tell(lease: ProbeLease) -> None:
    recording: Recording = Recording.objects.select_related("organization").get(pk=lease.recording_id)
    ready = recording.status == RecordingStatus.READY
    (recording_ready if ready else recording_rejected).send(sender=Recording, recording=recording)
    announce(recording)
    tell_webhooks(recording)


@transaction.atomic
def again(recording: Recording) -> bool:
    """Have a refused file looked at once more; False for any other."""
    refused = Recording.objects.filter(pk=recording.pk, status=RecordingStatus.REJECTED)
    changed = refused.update(
        status=RecordingStatus.PROBING, reason="", reason_detail="", probe_attempt=0, updated_at=Now()
    )
    if changed:
        queue.on_commit("media.probe", recording.pk)
        announce(recording, status=RecordingStatus.PROBING)
    return bool(changed)


def ring_for_overdue() -> int:
    """Send the task again for every probe whose worker died or whose message was lost; how many there were."""
    lost = Q(probe_lease_until=None, updated_at__lt=from_now(seconds=-OVERDUE_SECONDS))
    rows = Recording.objects.unfinished_probes().filter(lost | Q(probe_lease_until__lt=Now()))
    overdue = list(rows.order_by("created_at").values_list("pk", flat=True)[:BATCH])
    for pk in overdue:
        queue.send("media.probe", pk)
    return len(overdue)
