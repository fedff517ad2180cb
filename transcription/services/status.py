"""The review of a text: draft, in review, final. A final text is locked."""

from __future__ import annotations

from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from config.common.clock import now
from config.common.errors import PermissionDenied
from organizations import audit, bus
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription.models import ReviewStatus, Transcript


def change(*, caller: Caller, transcript: Transcript, status: str) -> Transcript:
    """Setting the same status again changes nothing. Raises PermissionDenied, also for who may not open it again."""
    caller.require(Action.TRANSCRIPTS_WRITE)
    with transaction.atomic():
        # With the row locked an edit comes either before the lock or is refused by it.
        row: Transcript = Transcript.objects.select_for_update(of=("self",)).get(pk=transcript.pk)
        if row.status != status:
            _write(caller, row, ReviewStatus(status))
    return row


def may_open(caller: Caller, transcript: Transcript) -> bool:
    """A final text is opened again by who made it final, or by an admin."""
    if caller.can(Action.TRANSCRIPTS_MANAGE):
        return True
    if not caller.can(Action.TRANSCRIPTS_WRITE):
        return False
    if caller.user is not None:
        return bool(transcript.status_by_id == caller.user.pk)
    return caller.api_key is not None and transcript.status_with_id == caller.api_key.pk


def _write(caller: Caller, row: Transcript, status: ReviewStatus) -> None:
    if row.is_locked and not may_open(caller, row):
        raise PermissionDenied(_("Only who made it final, or an administrator, can open it again."))
    data = audit.changes({"status": row.status}, {"status": str(status)})
    row.status, row.status_at = status, now()
    row.status_by, row.status_with = caller.user, caller.api_key
    row.save(update_fields=["status", "status_at", "status_by", "status_with", "updated_at"])
    audit.record(
        organization=caller.organization, action="transcript.status_changed", actor=caller, target=row, data=data
    )
    event = {"type": "transcript.status", "transcript": str(row.pk), "status": str(status), "locked": row.is_locked}
    tell = partial(bus.publish, row.organization_id, event, transcript_id=row.pk)
    transaction.on_commit(tell, robust=True)
