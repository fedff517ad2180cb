"""The permission table: what each role may do. Whatever is not in it is denied.

Pure data: views, pages, API keys and the documentation's roles table all read it from here.
"""

from __future__ import annotations

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"


ROLE_NAMES: dict[Role, Promise] = {
    Role.VIEWER: _("Viewer"),
    Role.MEMBER: _("Member"),
    Role.ADMIN: _("Admin"),
    Role.OWNER: _("Owner"),
}


class Action(StrEnum):
    """`<noun>:<verb>`. The noun is also the scope family that an API key needs."""

    MEDIA_READ = "media:read"
    MEDIA_WRITE = "media:write"
    MEDIA_DELETE_OWN = "media:delete-own"
    MEDIA_DELETE_ANY = "media:delete-any"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    TRANSCRIPTS_READ = "transcripts:read"
    TRANSCRIPTS_WRITE = "transcripts:write"
    TRANSCRIPTS_MANAGE = "transcripts:manage"
    USAGE_READ = "usage:read"
    PROJECTS_READ = "projects:read"
    PROJECTS_MANAGE = "projects:manage"
    GLOSSARY_MANAGE = "glossary:manage"
    PROFILES_MANAGE = "profiles:manage"
    MEMBERS_READ = "members:read"
    MEMBERS_MANAGE = "members:manage"
    KEYS_MANAGE = "keys:manage"
    SETTINGS_MANAGE = "settings:manage"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    AUDIT_READ = "audit:read"
    BILLING_MANAGE = "billing:manage"
    ORGANIZATION_DELETE = "organization:delete"
    OWNERSHIP_TRANSFER = "ownership:transfer"
    NOTIFICATIONS_READ = "notifications:read"


_VIEWER = frozenset(
    {
        Action.MEDIA_READ,
        Action.JOBS_READ,
        Action.TRANSCRIPTS_READ,
        Action.USAGE_READ,
        Action.PROJECTS_READ,
        Action.MEMBERS_READ,
        Action.NOTIFICATIONS_READ,
    }
)
_MEMBER = _VIEWER | {Action.MEDIA_WRITE, Action.MEDIA_DELETE_OWN, Action.JOBS_WRITE, Action.TRANSCRIPTS_WRITE}
_ADMIN = _MEMBER | {
    Action.MEDIA_DELETE_ANY,
    Action.TRANSCRIPTS_MANAGE,
    Action.PROJECTS_MANAGE,
    Action.GLOSSARY_MANAGE,
    Action.PROFILES_MANAGE,
    Action.MEMBERS_MANAGE,
    Action.KEYS_MANAGE,
    Action.SETTINGS_MANAGE,
    Action.WEBHOOKS_READ,
    Action.WEBHOOKS_WRITE,
    Action.AUDIT_READ,
}
_OWNER = _ADMIN | {Action.BILLING_MANAGE, Action.ORGANIZATION_DELETE, Action.OWNERSHIP_TRANSFER}

PERMISSIONS: dict[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.MEMBER: _MEMBER,
    Role.ADMIN: _ADMIN,
    Role.OWNER: _OWNER,
}

SCOPES: frozenset[str] = frozenset(
    f"{noun}:{verb}" for noun in ("media", "jobs", "transcripts", "usage", "webhooks") for verb in ("read", "write")
)

# What a key is never given, not even one that may do all that a member may.
PEOPLE_ONLY = frozenset({Action.MEMBERS_READ, Action.NOTIFICATIONS_READ})

# What a scope opens. A key never manages people, keys or money; webhooks only where its scopes name them.
SCOPE_ACTIONS: dict[str, frozenset[Action]] = {
    "media:read": frozenset({Action.MEDIA_READ, Action.PROJECTS_READ}),
    "media:write": frozenset({Action.MEDIA_WRITE, Action.MEDIA_DELETE_OWN}),
    "jobs:read": frozenset({Action.JOBS_READ}),
    "jobs:write": frozenset({Action.JOBS_WRITE}),
    "transcripts:read": frozenset({Action.TRANSCRIPTS_READ}),
    "transcripts:write": frozenset({Action.TRANSCRIPTS_WRITE}),
    "usage:read": frozenset({Action.USAGE_READ}),
    "usage:write": frozenset(),
    "webhooks:read": frozenset({Action.WEBHOOKS_READ}),
    "webhooks:write": frozenset({Action.WEBHOOKS_WRITE}),
}


def actions_of_role(role: Role | str) -> frozenset[Action]:
    """All that `role` may do; nothing for a role that is not in the table."""
    try:
        return PERMISSIONS[Role(role)]
    except ValueError:
        return frozenset()


def actions_of_scopes(scopes: list[str]) -> frozenset[Action]:
    """What an API key with `scopes` may do; an empty list means all that a member may."""
    if not scopes:
        return PERMISSIONS[Role.MEMBER] - PEOPLE_ONLY
    return frozenset().union(*(SCOPE_ACTIONS.get(scope, frozenset()) for scope in scopes))
