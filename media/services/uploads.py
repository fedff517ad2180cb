"""A file's way into storage: opened by us, sent straight to the storage, completed here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from billing.quota import stored
from config.common import queue
from config.common.clock import from_now, iso, now
from config.common.errors import ApplicationError, Conflict, Invalid, TooLarge, Unavailable
from media.models import Project, Recording, UploadSession
from media.names import clean_filename, title_of
from media.reasons import sentence
from media.services import recordings
from media.services.announcing import announce
from media.states import RecordingStatus
from media.storage import (
    MediaStorage,
    Part,
    StorageUnavailableError,
    Upload,
    UploadIncompleteError,
    UploadMissingError,
    get_media_storage,
)
from organizations import audit
from organizations.roles import Action
from organizations.tenancy import Caller

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

SHA256 = re.compile(r"[0-9a-f]{64}")
RETRY_SECONDS = 60
BATCH = 100


def open_upload(
    *,
    caller: Caller,
    filename: str,
    size: int,
    content_type: str = "",
    sha256: str = "",
    project: Project | None = None,
) -> UploadSession:
    """A recording in state `uploading` and the session that brings its bytes. `content_type` is only a hint.

    Raises PermissionDenied, Invalid, TooLarge, QuotaExceeded, or Unavailable when the storage does not answer.
    """
    recording = _new_recording(caller, filename, size, content_type, project)
    sha256 = _checked_hash(sha256)
    storage = get_media_storage()
    try:
        upload = storage.open_upload(recording.source_key, size=size, content_type=content_type)
    except StorageUnavailableError as error:
        raise _unavailable(error) from error
    try:
        return _save(recording, upload, sha256)
    except BaseException:
        if upload.upload_id:
            storage.abort(recording.source_key, upload.upload_id)
        raise


def _new_recording(caller: Caller, filename: str, size: int, content_type: str, project: Project | None) -> Recording:
    caller.require(Action.MEDIA_WRITE)
    name = clean_filename(filename)
    if not name:
        raise Invalid.field("filename", _("Give the name of the file."), "blank")
    if size < 1:
        raise Invalid(sentence("empty_audio"), error_type="empty_audio")
    if size > settings.MEDIA_MAX_SIZE:
        raise TooLarge(sentence("too_large"), extra={"max_size": settings.MEDIA_MAX_SIZE})
    return Recording(
        organization=caller.organization,
        project=project,
        uploaded_by=caller.user,
        uploaded_with=caller.api_key,
        name=title_of(name),
        filename=name,
        content_type=content_type.strip()[:100],
        size=size,
    )


def _checked_hash(sha256: str) -> str:
    folded = sha256.strip().lower()
    if folded and not SHA256.fullmatch(folded):
        raise Invalid.field("sha256", _("A SHA-256 has 64 hexadecimal digits."), "invalid_hash")
    return folded


@transaction.atomic
def _save(recording: Recording, upload: Upload, sha256: str) -> UploadSession:
    stored.reserve(organization=recording.organization, key=recording.pk, size=recording.size)
    recording.duplicate_of = same_file(recording, sha256)
    recording.save(force_insert=True)
    return UploadSession.objects.create(
        organization_id=recording.organization_id,
        recording=recording,
        strategy=upload.strategy,
        storage_upload_id=upload.upload_id,
        part_size=upload.part_size,
        part_count=upload.parts,
        declared_size=recording.size,
        declared_sha256=sha256,
        expires_at=from_now(hours=settings.MEDIA_UPLOAD_SESSION_HOURS),
    )


def same_file(recording: Recording, sha256: str) -> Recording | None:
    """The oldest usable recording of the organization with the same bytes; None without a hash."""
    if not sha256:
        return None
    same = Recording.objects.filter(
        organization_id=recording.organization_id, sha256=sha256, status=RecordingStatus.READY
    )
    found: Recording | None = same.exclude(pk=recording.pk).order_by("created_at", "id").first()
    return found


def instructions(session: UploadSession, *, parts: list[int] | None = None, base_url: str = "") -> dict[str, Any]:
    """What the client does next, with fresh signed addresses: of all parts, or of the numbers in `parts`.

    `base_url` replaces PUBLIC_URL in addresses of local disk. Raises Conflict for a closed session, Invalid for a
    part that does not exist.
    """
    _require_open(session)
    storage = get_media_storage(base_url=base_url)
    if session.strategy == UploadSession.Strategy.SINGLE:
        return _single(session, storage)
    try:
        return _multipart(session, storage, range(1, session.part_count + 1) if parts is None else parts)
    except ValueError as error:
        raise Invalid.field("parts", str(error), "unknown_part") from error


def _single(session: UploadSession, storage: MediaStorage) -> dict[str, Any]:
    recording = session.recording
    signed = storage.sign_single(recording.source_key, size=session.declared_size, content_type=recording.content_type)
    return {
        "id": str(session.pk),
        "strategy": "single",
        "url": signed.url,
        "headers": dict(signed.headers),
        "expires_at": iso(signed.expires_at),
    }


def _multipart(session: UploadSession, storage: MediaStorage, numbers: Iterable[int]) -> dict[str, Any]:
    signed = storage.sign_parts(
        session.recording.source_key,
        session.storage_upload_id,
        numbers,
        size=session.declared_size,
        part_size=session.part_size,
    )
    expires_at = min((part.expires_at for part in signed), default=from_now(seconds=settings.MEDIA_UPLOAD_URL_EXPIRES))
    return {
        "id": str(session.pk),
        "strategy": "multipart",
        "part_size": session.part_size,
        "parts": [{"number": part.number, "url": part.url} for part in signed],
        "expires_at": iso(expires_at),
    }


def received(session: UploadSession) -> list[dict[str, Any]]:
    """The parts that arrived whole: `{number, size, etag}`. A file sent in one request is part 1, with no etag."""
    storage, key = get_media_storage(), session.recording.source_key
    try:
        if session.strategy == UploadSession.Strategy.MULTIPART:
            stored = storage.list_parts(key, session.storage_upload_id)
        else:
            stored = [Part(1, storage.size(key), "")] if storage.exists(key) else []
    except UploadMissingError as error:
        raise Conflict(str(error), error_type="upload_closed") from error
    except StorageUnavailableError as error:
        raise _unavailable(error) from error
    return [{"number": part.number, "size": part.size, "etag": part.etag} for part in stored]


def complete(*, caller: Caller, session: UploadSession, parts: list[dict[str, Any]] | None = None) -> Recording:
    """Judge parts and size, and hand the file to a worker. `parts` may name etags; empty means all that arrived.

    Doing it twice is harmless. What is missing raises Invalid, and the session stays open: upload it and try again.
    """
    caller.require(Action.MEDIA_WRITE)
    recordings.require_own(caller, session.recording)
    if session.status != UploadSession.Status.COMPLETED:
        _join(session, {part["number"]: part.get("etag") or "" for part in parts or []})
        _close(session, caller)
    recording: Recording = Recording.objects.visible_to(caller).get_or_404(session.recording_id)
    return recording


def _join(session: UploadSession, parts: dict[int, str]) -> None:
    multipart = session.strategy == UploadSession.Strategy.MULTIPART
    wanted = _in_plan(session, parts) if multipart and parts else None
    try:
        get_media_storage().complete(
            session.recording.source_key, session.storage_upload_id, wanted, size=session.declared_size
        )
    except UploadIncompleteError as error:
        raise Invalid(str(error), error_type="upload_incomplete") from error
    except UploadMissingError as error:
        raise Conflict(str(error), error_type="upload_closed") from error
    except StorageUnavailableError as error:
        raise _unavailable(error) from error


def _in_plan(session: UploadSession, parts: dict[int, str]) -> dict[int, str]:
    unknown = [number for number in parts if not 1 <= number <= session.part_count]
    if unknown:
        message = _("Part %(part)d does not exist: this upload has parts 1 to %(count)d.")
        raise Invalid.field("parts", message % {"part": unknown[0], "count": session.part_count}, "unknown_part")
    return parts


@transaction.atomic
def _close(session: UploadSession, caller: Caller) -> None:
    _lock_recording(session)
    open_ = UploadSession.objects.filter(pk=session.pk, status=UploadSession.Status.OPEN)
    if not open_.update(status=UploadSession.Status.COMPLETED, updated_at=Now()):
        return  # completed in another tab, or given up
    Recording.objects.filter(pk=session.recording_id, status=RecordingStatus.UPLOADING).update(
        status=RecordingStatus.PROBING, updated_at=Now()
    )
    recording = session.recording
    stored.settle(key=recording.pk, size=recording.size)
    data = {"size": recording.size}
    audit.record(organization=caller.organization, action="media.uploaded", actor=caller, target=recording, data=data)
    queue.on_commit("media.probe", session.recording_id)
    announce(recording, status=RecordingStatus.PROBING)


def abort(*, caller: Caller, session: UploadSession) -> None:
    """Drop what arrived, and the recording with it. Raises PermissionDenied, or Conflict once completed."""
    recordings.require_own(caller, session.recording)
    with transaction.atomic():
        _claim_for_abort(session)
        recordings.purge(session.recording, actor=caller)


def abort_expired() -> int:
    """Drop the uploads that nobody finished in time; how many there were."""
    expired = UploadSession.objects.filter(status=UploadSession.Status.OPEN, expires_at__lt=now())
    sessions = list(expired.select_related("recording")[:BATCH])
    return sum(give_up(session) for session in sessions)


@transaction.atomic
def give_up(session: UploadSession) -> bool:
    """Abort whoever asks; False when it was completed meanwhile."""
    try:
        _claim_for_abort(session)
    except Conflict:
        return False
    recordings.purge(session.recording)
    return True


def _claim_for_abort(session: UploadSession) -> None:
    _lock_recording(session)
    open_ = UploadSession.objects.filter(pk=session.pk, status=UploadSession.Status.OPEN)
    if not open_.update(status=UploadSession.Status.ABORTED, updated_at=Now()):
        raise Conflict(_("This upload is already completed or canceled."), error_type="upload_closed")


def _lock_recording(session: UploadSession) -> None:
    """Before its upload, as whoever deletes it does: in another order two of them would wait for each other."""
    Recording.objects.select_for_update().filter(pk=session.recording_id).first()


def store_directly(*, caller: Caller, file: UploadedFile, project: Project | None = None) -> Recording:
    """Take a file that came with a form: the way in where no script runs. Then as after `complete`."""
    size = file.size or 0
    recording = _new_recording(caller, file.name or "", size, file.content_type or "", project)
    session = _save(recording, Upload("single", "", max(size, 1), 1), "")
    try:
        get_media_storage().save_stream(recording.source_key, cast(BinaryIO, file), content_type=recording.content_type)
    except StorageUnavailableError as error:
        abort(caller=caller, session=session)
        raise _unavailable(error) from error
    return complete(caller=caller, session=session)


def _require_open(session: UploadSession) -> None:
    if session.status != UploadSession.Status.OPEN:
        raise Conflict(_("This upload is already completed or canceled."), error_type="upload_closed")


def _unavailable(error: StorageUnavailableError) -> ApplicationError:
    return Unavailable(str(error), error_type="storage_unavailable", retry_after=RETRY_SECONDS)
