"""States of a recording, and which may follow which."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class RecordingStatus(models.TextChoices):
    UPLOADING = "uploading", _("Uploading")
    PROBING = "probing", _("Checking")
    READY = "ready", _("Ready")
    REJECTED = "rejected", _("Rejected")
    DELETED = "deleted", _("Deleted")


TRANSITIONS: dict[RecordingStatus, frozenset[RecordingStatus]] = {
    # One that we fetch ourselves may turn out not to be had.
    RecordingStatus.UPLOADING: frozenset({RecordingStatus.PROBING, RecordingStatus.REJECTED, RecordingStatus.DELETED}),
    RecordingStatus.PROBING: frozenset({RecordingStatus.READY, RecordingStatus.REJECTED, RecordingStatus.DELETED}),
    RecordingStatus.READY: frozenset({RecordingStatus.DELETED}),
    # Staff may have a refused file looked at again.
    RecordingStatus.REJECTED: frozenset({RecordingStatus.PROBING, RecordingStatus.DELETED}),
    # Restoring goes back to what it was, which is kept beside the status.
    RecordingStatus.DELETED: frozenset({RecordingStatus.PROBING, RecordingStatus.READY, RecordingStatus.REJECTED}),
}

# Nobody writes their files any more: what retention may touch.
AT_REST = (RecordingStatus.READY, RecordingStatus.REJECTED, RecordingStatus.DELETED)
