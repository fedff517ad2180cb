"""How the rows of tests/access_table.py are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from organizations.roles import Role

if TYPE_CHECKING:
    from tests.access_table import World

Body = Callable[["World"], Any]


def _empty(_world: World) -> Any:
    return {}


@dataclass(frozen=True)
class Row:
    """`role`: the least that may. `scope`: what a key needs; None: no key ever, ANY: every key.

    `ok`: what those who may get. `stranger`: what a person of another organization gets for an object of this one that
    the body names (objects in the address are always 404).
    """

    ok: tuple[int, ...] = (200,)
    role: Role | None = None
    scope: str | None = None
    body: Body = field(default=_empty)
    stranger: int | None = None
    public: bool = False

    @property
    def is_personal(self) -> bool:
        """For every signed-in person, whatever their organizations."""
        return self.role is None and not self.public

    def is_open_to_key(self, scope: str) -> bool:
        """A key without scopes (an empty `scope`) may do what a member may; more only where a scope says so."""
        if scope:
            return self.scope in (ANY, scope)
        return self.scope is not None and self.role in (Role.VIEWER, Role.MEMBER)


ANY = "any"
VIEWER, MEMBER, ADMIN, OWNER = Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OWNER
CREATED, ACCEPTED, GONE, MOVED, CONFLICT = 201, 202, 204, 302, 409


def public(*ok: int, body: Body = _empty) -> Row:
    return Row(ok=ok, body=body, public=True)


def person(*ok: int, body: Body = _empty) -> Row:
    return Row(ok=ok or (200,), body=body)


def tenant(role: Role, scope: str | None, *ok: int, body: Body = _empty, stranger: int | None = None) -> Row:
    return Row(ok=ok or (200,), role=role, scope=scope, body=body, stranger=stranger)
