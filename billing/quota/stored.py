"""Bytes in storage: reserved when an upload begins, settled when its file has arrived, given back when it is purged.

Media calls this inside its own transactions, so that a line is there exactly as long as its recording's file. Only what
people brought is counted: copies that we make for playing are ours.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from billing.models import StoredFile
from billing.quota import amounts
from billing.quota.limits import Limits, limits_for, limits_of, locked_account, require_writable
from billing.quota.refusals import refusal, what_to_do
from config.common.clock import now
from organizations.models import Organization

Status = StoredFile.Status


@transaction.atomic
def reserve(*, organization: Organization, key: UUID, size: int) -> StoredFile:
    """Hold `size` bytes for the recording `key`. Raises QuotaExceeded, and then nothing is held.

    Again for the same key, it holds the new size: a file of unknown length is reserved with nothing first.
    """
    limits = limits_for(locked_account(organization))
    require_writable(organization, limits)
    held = StoredFile.objects.filter(organization=organization, key=key).first()
    if limits.storage_bytes is not None:
        others = used_bytes(organization) - (held.bytes if held else 0)
        left = limits.storage_bytes - others
        if size > left or left <= 0:
            raise _exceeded(organization, size, max(0, left))
    if held is None:
        return StoredFile.objects.create(organization=organization, key=key, bytes=size)
    held.bytes = size
    held.save(update_fields=["bytes", "updated_at"])
    same: StoredFile = held
    return same


def settle(*, key: UUID, size: int) -> bool:
    """The file is there and has `size` bytes; True the first time. What was given back meanwhile stays so."""
    held = StoredFile.objects.filter(key=key, status=Status.RESERVED)
    return bool(held.update(status=Status.SETTLED, bytes=size, updated_at=now()))


def release(*, key: UUID) -> bool:
    """The file goes for good; True the first time."""
    return bool(StoredFile.objects.filter(key=key).delete()[0])


def used_bytes(organization: Organization) -> int:
    """What is stored and what is on its way."""
    return int(StoredFile.objects.filter(organization=organization).aggregate(total=Sum("bytes"))["total"] or 0)


def remaining_bytes(organization: Organization, limits: Limits | None = None) -> int | None:
    """What may still be uploaded; None when nothing limits it."""
    limits = limits or limits_of(organization)
    return None if limits.storage_bytes is None else max(0, limits.storage_bytes - used_bytes(organization))


def _exceeded(organization: Organization, needed: int, left: int) -> Exception:
    detail = _("This file has %(needed)s and there is room for %(left)s more.") % {
        "needed": amounts.size(needed),
        "left": amounts.size(left),
    }
    free = _("Delete recordings for good to make room.")
    figures = {"needed_bytes": needed, "remaining_bytes": left}
    return refusal(organization, f"{detail} {free} {what_to_do()}", error_type="storage_exceeded", **figures)
