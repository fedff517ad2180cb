"""What people do with a recording: describe, move, delete, restore, purge, download, play."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from billing.quota import stored
from config.common import queue
from config.common.clock import now
from config.common.errors import Conflict, Invalid, PermissionDenied
from media.models import Project, Recording
from media.names import LONGEST_NAME, tidy
from media.services import purging
from media.services.announcing import announce
from media.services.tags import put_on
from media.signals import recording_deleted, recording_purged
from media.states import RecordingStatus
from media.storage import get_media_storage
from organizations import audit
from organizations.roles import Action
from organizations.tenancy import Caller

# Marks a field that the caller leaves as it is, where None is a value of its own.
UNCHANGED = Project()


def update(
    *,
    caller: Caller,
    recording: Recording,
    name: str | None = None,
    description: str | None = None,
    project: Project | None = UNCHANGED,
    tags: Iterable[str] | None = None,
) -> Recording:
    """Change what is given. `project=None` takes it out of its project. Raises PermissionDenied, Conflict, Invalid."""
    caller.require(Action.MEDIA_WRITE)
    if recording.status == RecordingStatus.DELETED:
        raise Conflict(_("This recording is in the trash. Restore it first."), error_type="media_deleted")
    changed = {"name": name if name is None else _tidy_name(name), "description": description}
    values: dict[str, object] = {field: value for field, value in changed.items() if value is not None}
    if project is not UNCHANGED:
        values["project"] = project
    with transaction.atomic():
        # Only these columns: a worker may be writing the others.
        Recording.objects.filter(pk=recording.pk).update(**values, updated_at=now())
        if tags is not None:
            put_on(recording, caller=caller, names=tags)
        fields = sorted([*values, *(["tags"] if tags is not None else [])])
        _record("media.changed", recording, caller, {"fields": fields})
    recording.refresh_from_db()
    return recording


def _tidy_name(name: str) -> str:
    tidied = tidy(name)
    if not tidied:
        raise Invalid.field("name", _("Give the recording a name."), "blank")
    return tidied[:LONGEST_NAME]


def is_own(caller: Caller, recording: Recording) -> bool:
    """Uploaded by this person, or with this key."""
    if caller.user:
        return recording.uploaded_by_id == caller.user.pk
    return caller.api_key is not None and recording.uploaded_with_id == caller.api_key.pk


def may_delete(caller: Caller, recording: Recording) -> bool:
    own = caller.can(Action.MEDIA_DELETE_OWN) and is_own(caller, recording)
    return own or caller.can(Action.MEDIA_DELETE_ANY)


def require_own(caller: Caller, recording: Recording) -> None:
    """Raises PermissionDenied unless the caller may delete `recording`."""
    if not may_delete(caller, recording):
        raise PermissionDenied(_("You may only do this with recordings of your own. Ask an administrator."))


@transaction.atomic
def delete(*, caller: Caller, recording: Recording) -> None:
    """Into the trash; an upload under way is thrown away. Doing it twice is harmless. Raises PermissionDenied."""
    require_own(caller, recording)
    row = Recording.objects.select_for_update().filter(pk=recording.pk).first()
    if row is None or row.status == RecordingStatus.DELETED:
        return
    if row.status == RecordingStatus.UPLOADING:
        purge(row, actor=caller)
        return
    row.status_before_delete, row.status, row.deleted_at = row.status, RecordingStatus.DELETED, now()
    row.save(update_fields=["status_before_delete", "status", "deleted_at", "updated_at"])
    recording_deleted.send(sender=Recording, recording=row)
    _record("media.deleted", row, caller)
    announce(row)


def restore(*, caller: Caller, recording: Recording) -> Recording:
    """Out of the trash, as it was. Raises PermissionDenied, or Conflict when it is not in the trash."""
    require_own(caller, recording)
    with transaction.atomic():
        if not bring_back(recording):
            raise Conflict(_("This recording is not in the trash."), error_type="media_not_deleted")
        _record("media.restored", recording, caller)
    recording.refresh_from_db()
    return recording


@transaction.atomic
def bring_back(recording: Recording) -> bool:
    """Restore whoever asks; False when it is not in the trash."""
    row = Recording.objects.select_for_update().filter(pk=recording.pk, status=RecordingStatus.DELETED).first()
    if row is None:
        return False
    row.status, row.status_before_delete, row.deleted_at = row.status_before_delete, "", None
    row.save(update_fields=["status", "status_before_delete", "deleted_at", "updated_at"])
    if row.status == RecordingStatus.PROBING:
        queue.on_commit("media.probe", row.pk)
    announce(row)
    return True


def purge_now(*, caller: Caller, recording: Recording) -> None:
    """Delete for good without the days in the trash. Raises PermissionDenied."""
    caller.require(Action.MEDIA_DELETE_ANY)
    purge(recording, actor=caller)


@transaction.atomic
def purge(recording: Recording, *, actor: Caller | None = None) -> None:
    """Rows go now, objects soon after: the row that names them is written in the same transaction."""
    row = Recording.objects.select_for_update().filter(pk=recording.pk).first()
    if row is None:
        return
    recording_purged.send(sender=Recording, recording=row)
    stored.release(key=row.pk)
    _record("media.purged", row, actor)
    purging.schedule(row.prefix, writable_until=purging.writable_until(row))
    announce(row, status=RecordingStatus.DELETED)
    row.delete()


def _record(action: str, recording: Recording, actor: Caller | None, data: dict[str, object] | None = None) -> None:
    audit.record(organization=recording.organization, action=action, actor=actor, target=recording, data=data)


def download_url(recording: Recording, *, base_url: str = "") -> str:
    """A short-lived address of the file as it was uploaded. Raises Conflict."""
    _require_file(recording)
    return get_media_storage(base_url=base_url).signed_download(
        recording.source_key, filename=recording.filename, content_type=recording.content_type
    )


def playback_url(recording: Recording, *, base_url: str = "", filename: str = "") -> str:
    """A short-lived address of what a browser plays; `filename` stands in for the uploaded one. Raises Conflict."""
    _require_ready(recording)
    copied = recording.metadata.get("playback_type", "audio/mp4")
    return get_media_storage(base_url=base_url).signed_download(
        recording.playback_key,
        filename=filename or recording.filename,
        content_type=copied if recording.has_playback_copy else recording.content_type,
        inline=True,
    )


def waveform_url(recording: Recording, *, base_url: str = "") -> str:
    """A short-lived address of the peaks, a JSON object. Raises Conflict."""
    _require_ready(recording)
    return get_media_storage(base_url=base_url).signed_download(
        recording.waveform_key, filename="waveform.json", content_type="application/json", inline=True
    )


def _require_file(recording: Recording) -> None:
    if recording.status == RecordingStatus.UPLOADING:
        raise Conflict(_("This file is still being uploaded. Try again when it is."), error_type="media_not_ready")
    if recording.status == RecordingStatus.DELETED:
        raise Conflict(_("This recording is in the trash. Restore it first."), error_type="media_deleted")
    if recording.audio_purged_at is not None:
        detail = _("The audio of this recording was deleted by the organization's retention rule.")
        raise Conflict(detail, error_type="audio_expired")


def _require_ready(recording: Recording) -> None:
    _require_file(recording)
    if recording.status == RecordingStatus.PROBING:
        raise Conflict(_("This file is still being checked. Try again in a moment."), error_type="media_not_ready")
    if recording.status == RecordingStatus.REJECTED:
        raise Conflict(recording.reason_detail, error_type=recording.reason)
