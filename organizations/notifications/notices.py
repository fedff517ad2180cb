"""News in the pages, one row a person. Whoever causes news calls `tell`; the words come from KINDS when it is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from config.common.clock import now
from organizations.models import Membership, Notification, Organization
from organizations.tenancy import Caller

KEPT = timedelta(days=90)
Words = str | Promise
# Sentences with the names of `data`. Apps above register their own.
KINDS: dict[str, Words] = {
    "organization.transferred": _("You are an owner of this organization now."),
}


def register(kind: str, words: Words) -> None:
    KINDS[kind] = words


def tell(
    *,
    user: User,
    organization: Organization,
    kind: str,
    data: Mapping[str, Any] | None = None,
    subject: UUID | None = None,
    path: str = "",
) -> Notification | None:
    """Write news for `user`, in this transaction; None for one who is no member any more."""
    if not Membership.objects.filter(organization=organization, user=user).exists():
        return None
    row: Notification = Notification.objects.create(
        organization=organization, user=user, kind=kind, data=dict(data or {}), subject=subject, path=path
    )
    return row


def words_of(notification: Notification) -> str:
    """In the language that is active now."""
    words = KINDS.get(notification.kind)
    if words is None:
        return notification.kind
    return str(words) % {"name": "", **notification.data}


def mark_read(caller: Caller, notification: Notification | None = None, *, read: bool = True) -> int:
    """One, or all of the caller's in this organization; how many changed."""
    mine = Notification.objects.visible_to(caller)
    chosen = mine if notification is None else mine.filter(pk=notification.pk)
    changed: int = chosen.filter(read_at__isnull=read).update(read_at=now() if read else None)
    return changed


def unread_count(caller: Caller) -> int:
    count: int = Notification.objects.visible_to(caller).unread().count()
    return count


def forget(subjects: Iterable[UUID]) -> None:
    """What the news is about goes away, and its name with it."""
    Notification.objects.filter(subject__in=list(subjects)).delete()


def forget_person(*, organization: Organization, user: User) -> None:
    Notification.objects.filter(organization=organization, user=user).delete()


def forget_old() -> int:
    """Sent by beat: news of three months ago is none."""
    return int(Notification.objects.filter(created_at__lt=now() - KEPT).delete()[0])
