"""What people call the members, keys and projects whose ids stand in the ledger. Apps above register their own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from uuid import UUID

from accounts.models import User
from organizations.models import ApiKey, Organization

Names = dict[UUID, str]
Resolver = Callable[[Organization, Collection[UUID]], Names]


def _members(_organization: Organization, ids: Collection[UUID]) -> Names:
    """Also of those who have left: what they did is still in the organization's ledger."""
    return {user.pk: user.name for user in User.objects.filter(pk__in=ids)}


def _keys(organization: Organization, ids: Collection[UUID]) -> Names:
    return {key.pk: str(key) for key in ApiKey.objects.filter(organization=organization, pk__in=ids)}


_resolvers: dict[str, Resolver] = {"member": _members, "key": _keys}


def register(kind: str, resolver: Resolver) -> None:
    """`resolver(organization, ids)` gives the names of what is still there."""
    _resolvers[kind] = resolver


def resolve(organization: Organization, kind: str, keys: Iterable[str | None]) -> dict[str, str]:
    """Key -> name, for groups of a report: a day or a model names itself, what is gone has none."""
    known = [key for key in keys if key]
    resolver = _resolvers.get(kind)
    if resolver is None:
        return {key: key for key in known}
    return {str(pk): name for pk, name in resolver(organization, [UUID(key) for key in known]).items()}
