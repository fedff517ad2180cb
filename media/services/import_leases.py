"""A worker's claim to fetch one file: taken by a conditional UPDATE, renewed with the progress, checked at the end."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from config.common.clock import from_now, now
from media.models import MediaImport, Recording
from media.services.announcing import announce
from media.services.heartbeat import heartbeat


class ImportLost(Exception):
    """Another worker has it now, or nobody wants it any more."""


@dataclass(slots=True)
class ImportLease:
    """`row.attempt` is the fence. The bytes are counted by the thread that fetches, and written by the heartbeat."""

    row: MediaImport
    recording: Recording
    arrived: int = 0
    lost: threading.Event = field(default_factory=threading.Event)

    @classmethod
    @transaction.atomic
    def claim(cls, import_id: UUID | str) -> Self | None:
        """None when there is nothing to do, or another worker is at it."""
        free = Q(lease_until=None) | Q(lease_until__lte=now())
        due = MediaImport.objects.filter(free, pk=import_id, due_at__lte=now())
        row = due.select_for_update(skip_locked=True, of=("self",)).select_related("recording").first()
        if row is None:
            return None
        row.attempt, row.received, row.expected = row.attempt + 1, 0, None
        row.lease_until = _until()
        row.save(update_fields=["attempt", "received", "expected", "lease_until", "updated_at"])
        return cls(row, row.recording)

    @property
    def ours(self) -> QuerySet[MediaImport]:
        """The row, as long as it is ours to write."""
        rows: QuerySet[MediaImport] = MediaImport.objects.filter(pk=self.row.pk, attempt=self.row.attempt)
        return rows.filter(due_at__isnull=False)

    def expect(self, size: int | None) -> None:
        if size is not None and not self.ours.update(expected=size):
            raise ImportLost

    def received(self, size: int) -> None:
        """Called for every piece. Raises ImportLost."""
        self.arrived += size
        if self.lost.is_set():
            raise ImportLost

    def close(self) -> None:
        """Done for good, one way or the other: the address is forgotten. Raises ImportLost."""
        ended: dict[str, Any] = {"lease_until": None, "due_at": None, "url": "", "received": self.arrived}
        if not self.ours.update(**ended, updated_at=now()):
            raise ImportLost

    def hand_back(self, *, seconds: float, counted: bool) -> None:
        """Let somebody try again after a while. Uncounted where the fault was ours."""
        errors = self.row.errors + (1 if counted else 0)
        due_at = now() + timedelta(seconds=seconds)
        self.ours.update(errors=errors, due_at=due_at, lease_until=None, updated_at=now())

    def kept_alive(self) -> AbstractContextManager[None]:
        """Renew the lease while the block runs, and tell how far it is."""
        return heartbeat(self._renew, lost=self.lost, name=f"import-{self.row.pk}")

    def _renew(self) -> bool:
        renewed = self.ours.update(lease_until=_until(), received=self.arrived, updated_at=now())
        if renewed:
            announce(self.recording)
        return bool(renewed)


def _until() -> Any:
    return from_now(seconds=settings.STEP_LEASE_SECONDS)
