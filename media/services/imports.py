"""Recordings from addresses on the web: asked for here, fetched by a worker, then examined like any upload.

SECURITY: a tenant chooses the address, so every request goes through `config.common.outbound`, and nothing that the
other side answers is shown but the kind of failure.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from billing.quota import stored
from config.common import encryption, outbound, queue
from config.common.clock import from_now, now
from config.common.encryption import Undecryptable
from config.common.errors import Invalid, QuotaExceeded
from config.common.outbound import Download, Limits, OutboundError, Refused
from media.models import MediaImport, Project, Recording
from media.names import clean_filename, title_of
from media.reasons import REASONS
from media.services.announcing import announce, tell_webhooks
from media.services.import_leases import ImportLease, ImportLost
from media.signals import recording_rejected
from media.states import RecordingStatus
from media.storage import StorageUnavailableError, get_media_storage
from organizations import audit
from organizations.roles import Action
from organizations.tenancy import Caller

logger = structlog.get_logger(__name__)
RETRY_DELAYS = (30.0, 300.0)
READ_SECONDS = 30.0
BATCH = 100
SUCCESS, FORBIDDEN_FROM, FORBIDDEN_TO = 200, 400, 500
TRY_LATER = frozenset({408, 425, 429})
DEFAULT_NAME = "recording"


class ImportFailed(Exception):
    """`reason` is a key of `media.reasons.REASONS`."""

    def __init__(self, reason: str, *, retryable: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retryable = retryable


def begin(*, caller: Caller, url: str, project: Project | None = None) -> Recording:
    """A recording in state `uploading` that a worker will fetch. Raises PermissionDenied, Invalid or QuotaExceeded."""
    caller.require(Action.MEDIA_WRITE)
    if not settings.MEDIA_IMPORT_ENABLED:
        raise Invalid(_("Recordings cannot be brought from addresses here. Upload the file."), error_type="import_off")
    url = url.strip()
    try:
        outbound.check(url)
    except OutboundError as error:
        raise Invalid.field("url", str(error), error.code) from error
    name = _name_in(url)
    with transaction.atomic():
        recording = Recording.objects.create(
            organization=caller.organization,
            project=project,
            uploaded_by=caller.user,
            uploaded_with=caller.api_key,
            name=title_of(name),
            filename=name,
        )
        # How long it is, nobody knows yet; there must be some room.
        stored.reserve(organization=caller.organization, key=recording.pk, size=0)
        row = MediaImport.objects.create(
            organization=caller.organization,
            recording=recording,
            url=encryption.encrypt(url),
            host=MediaImport.host_of(url),
        )
        audit.record(
            organization=caller.organization,
            action="media.imported",
            actor=caller,
            target=recording,
            data={"host": row.host},
        )
        queue.on_commit("media.import", row.pk)
        announce(recording)
    return recording


def is_under_way(recording: Recording) -> bool:
    """We are fetching it ourselves, so it may be worked with like one that is being checked."""
    return MediaImport.objects.filter(recording=recording, due_at__isnull=False).exists()


def fetch(import_id: UUID | str) -> None:
    """Bring one file into storage, if it is due and nobody else is at it. Never raises for a bad address."""
    lease = ImportLease.claim(import_id)
    if lease is None:
        return
    try:
        with lease.kept_alive():
            found = _transfer(lease)
        _finish(lease, *found)
    except ImportLost:
        _clean_up(lease)
    except ImportFailed as failure:
        _fail(lease, failure)
    except StorageUnavailableError as error:
        logger.warning("import_postponed", recording=str(lease.recording.pk), error=str(error))
        lease.hand_back(seconds=RETRY_DELAYS[0], counted=False)
    except Exception:
        logger.exception("import_failed", recording=str(lease.recording.pk))
        _fail(lease, ImportFailed("import_unreachable", retryable=True))


def _transfer(lease: ImportLease) -> tuple[int, str, str]:
    """Stream the file into storage; its size, its name and the type that the server claims."""
    size, too_long = _most(lease)
    limits = Limits(connect=10.0, read=READ_SECONDS, total=settings.MEDIA_IMPORT_SECONDS, size=size)
    try:
        with outbound.download(lease.row.address(), limits=limits, follow=settings.MEDIA_IMPORT_REDIRECTS) as found:
            kind = _judge(found)
            lease.expect(_announced(found))
            stream = io.BufferedReader(_Arriving(found.chunks, lease), 1 << 20)
            stored = get_media_storage().save_stream(lease.recording.source_key, stream, content_type=kind)
            return stored, _name_of(found), kind
    except OutboundError as error:
        raise _as_failure(error, too_long) from error
    except Undecryptable as error:
        raise ImportFailed("import_unreachable") from error


def _judge(found: Download) -> str:
    """The content type. Raises ImportFailed for an answer that is no file."""
    if found.status != SUCCESS:
        forbidden = FORBIDDEN_FROM <= found.status < FORBIDDEN_TO and found.status not in TRY_LATER
        raise ImportFailed("import_not_found" if forbidden else "import_unreachable", retryable=not forbidden)
    kind: str = found.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        raise ImportFailed("import_web_page")
    return kind[:100]


def _most(lease: ImportLease) -> tuple[int, str]:
    """How many bytes may come, and the reason to refuse more."""
    left = stored.remaining_bytes(lease.recording.organization)
    if left is not None and left < settings.MEDIA_MAX_SIZE:
        return left, "storage_exceeded"
    return settings.MEDIA_MAX_SIZE, "too_large"


def _as_failure(error: OutboundError, too_long: str) -> ImportFailed:
    if error.code == "too_large":
        return ImportFailed(too_long)
    if isinstance(error, Refused):
        return ImportFailed("import_refused")
    return ImportFailed("import_unreachable", retryable=True)


def _announced(found: Download) -> int | None:
    length = found.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else None


class _Arriving(io.RawIOBase):
    """The chunks of a download as a file that the storage can read."""

    def __init__(self, chunks: Iterator[bytes], lease: ImportLease) -> None:
        self.chunks, self.lease, self.rest = chunks, lease, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self.rest:
            piece = next(self.chunks, None)
            if piece is None:
                return 0
            self.lease.received(len(piece))
            self.rest = piece
        size = min(len(buffer), len(self.rest))
        buffer[:size], self.rest = self.rest[:size], self.rest[size:]
        return size


def _finish(lease: ImportLease, size: int, name: str, kind: str) -> None:
    if size == 0:
        raise ImportFailed("empty_audio")
    with transaction.atomic():
        recording = _locked(lease)
        _count(recording, size)
        lease.close()
        values = {"status": RecordingStatus.PROBING, "size": size, "content_type": kind, "updated_at": Now()}
        # A person may have renamed it meanwhile.
        if name and recording.name == title_of(recording.filename):
            values |= {"filename": name, "name": title_of(name)}
        Recording.objects.filter(pk=recording.pk, status=RecordingStatus.UPLOADING).update(**values)
        queue.on_commit("media.probe", recording.pk)
        announce(recording, status=RecordingStatus.PROBING)


def _count(recording: Recording, size: int) -> None:
    """Another file may have taken the room meanwhile."""
    try:
        stored.reserve(organization=recording.organization, key=recording.pk, size=size)
    except QuotaExceeded as error:
        raise ImportFailed("storage_exceeded") from error
    stored.settle(key=recording.pk, size=size)


def _fail(lease: ImportLease, failure: ImportFailed) -> None:
    errors = lease.row.errors + 1
    logger.info("import_refused", recording=str(lease.recording.pk), reason=failure.reason, errors=errors)
    if failure.retryable and errors <= len(RETRY_DELAYS):
        lease.hand_back(seconds=RETRY_DELAYS[errors - 1], counted=True)
        return
    try:
        _reject(lease, failure.reason)
    except ImportLost:
        _clean_up(lease)


@transaction.atomic
def _reject(lease: ImportLease, reason: str) -> None:
    from media.services import purging

    _locked(lease)
    lease.close()
    # What came before it was refused is of no use, and nobody's room is counted for it.
    purging.schedule_object(lease.recording.source_key)
    changed = Recording.objects.filter(pk=lease.recording.pk, status=RecordingStatus.UPLOADING).update(
        status=RecordingStatus.REJECTED, reason=reason, reason_detail=REASONS[reason], updated_at=Now()
    )
    if changed:
        recording = Recording.objects.select_related("organization").get(pk=lease.recording.pk)
        recording_rejected.send(sender=Recording, recording=recording)
        announce(recording)
        tell_webhooks(recording)


def _locked(lease: ImportLease) -> Recording:
    """Its row is locked before ours, as by those who delete it. Raises ImportLost when it is gone."""
    recording: Recording | None = Recording.objects.select_for_update().filter(pk=lease.recording.pk).first()
    if recording is None:
        raise ImportLost
    return recording


def _clean_up(lease: ImportLease) -> None:
    """Purged while we worked: what we stored since must go as well."""
    from media.services import purging

    logger.info("import_lost", recording=str(lease.recording.pk))
    if not Recording.objects.filter(pk=lease.recording.pk).exists():
        purging.schedule(lease.recording.prefix)


def ring_for_overdue() -> int:
    """Send the task again for imports whose time has come: retries, lost messages, dead workers."""
    overdue = MediaImport.objects.filter(due_at__lte=now()).exclude(lease_until__gt=now()).order_by("due_at")
    # One that was asked for just now has its own message.
    ids = list(overdue.filter(updated_at__lt=from_now(seconds=-20)).values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        queue.send("media.import", pk)
    return len(ids)


def _name_of(found: Download) -> str:
    """As the server calls the file, else as the address does where the redirects ended."""
    header = EmailMessage()
    header["Content-Disposition"] = found.headers.get("content-disposition", "") or "inline"
    return clean_filename(header.get_filename() or "") or _name_in(str(found.url))


def _name_in(url: str) -> str:
    return clean_filename(unquote(urlsplit(url).path)) or DEFAULT_NAME
