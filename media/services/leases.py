"""A worker's claim to examine one recording: taken by a conditional UPDATE, renewed while it works, checked at the end.

A worker that dies stops renewing; another one takes over, and what the first may still say is refused.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from media.models import Recording
from media.services.heartbeat import heartbeat
from media.states import RecordingStatus


class LeaseLostError(Exception):
    """Another worker has the recording now, or nobody wants it any more."""


@dataclass(frozen=True, slots=True)
class ProbeLease:
    """`attempt` is the fence: it grows with every claim, so that a write of an older one changes nothing."""

    recording_id: UUID
    attempt: int
    lost: threading.Event = field(default_factory=threading.Event, compare=False)

    @classmethod
    def claim(cls, recording_id: UUID | str) -> Self | None:
        """None when the recording needs no probe or another worker is at it."""
        free = Q(probe_lease_until=None) | Q(probe_lease_until__lt=Now())
        with transaction.atomic():  # the row stays locked until its attempt is read
            waiting = Recording.objects.filter(free, pk=recording_id, status=RecordingStatus.PROBING)
            if not waiting.update(probe_attempt=F("probe_attempt") + 1, probe_lease_until=_until()):
                return None
            row = Recording.objects.only("probe_attempt").get(pk=recording_id)
        return cls(row.pk, row.probe_attempt)

    @property
    def row(self) -> QuerySet[Recording]:
        """The recording, as long as it is ours to write."""
        return Recording.objects.filter(
            pk=self.recording_id, status=RecordingStatus.PROBING, probe_attempt=self.attempt
        )

    def check(self) -> None:
        """Call between pieces of work. Raises LeaseLostError."""
        if self.lost.is_set():
            raise LeaseLostError

    def write(self, **values: Any) -> bool:
        """Change the row and give the lease up; False when it is not ours any more."""
        return bool(self.row.update(probe_lease_until=None, updated_at=Now(), **values))

    def hand_back(self, *, retry_seconds: float, counted: bool) -> None:
        """Let somebody else try after a while. Uncounted where the fault was not the file's."""
        attempt = self.attempt if counted else self.attempt - 1
        later = Now() + timedelta(seconds=retry_seconds)
        self.row.update(probe_attempt=attempt, probe_lease_until=later)

    def kept_alive(self) -> AbstractContextManager[None]:
        """Renew the lease while the block runs."""
        return heartbeat(self._renew, lost=self.lost, name=f"probe-{self.recording_id}")

    def _renew(self) -> bool:
        return bool(self.row.update(probe_lease_until=_until()))


def _until() -> Any:
    """By the database's clock, which all workers share."""
    return Now() + timedelta(seconds=settings.STEP_LEASE_SECONDS)
