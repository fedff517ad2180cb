"""What endpoints can be told of. Pure data: the API, the page and `emit` read it from here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext_noop

TEST = "webhook.test"

EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "media.ready": gettext_noop("A recording was checked and can be used."),
        "media.rejected": gettext_noop("A recording cannot be used."),
        "job.queued": gettext_noop("A job was submitted, or is tried again."),
        "job.started": gettext_noop("A worker began with a job."),
        "job.completed": gettext_noop("A job has its transcript."),
        "job.failed": gettext_noop("A job failed."),
        "job.canceled": gettext_noop("A job was canceled."),
        "transcript.updated": gettext_noop("Somebody changed a transcript."),
        "usage.threshold": gettext_noop("A share of the included minutes is used."),
        "subscription.updated": gettext_noop("The plan or its state changed."),
    }
)
