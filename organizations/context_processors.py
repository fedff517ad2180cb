"""What every page may show: the organization, the caller, and what they may do."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from organizations.models import Organization
from organizations.notifications import notices
from organizations.roles import Action
from organizations.tenancy import Caller


def organization(request: HttpRequest) -> dict[str, Any]:
    """`organization`, `caller`, `can` (`{% if can.media_write %}`), `unread_notices` and all `organizations`."""
    caller: Caller | None = getattr(request, "caller", None)
    return {
        "organization": caller.organization if caller else None,
        "caller": caller,
        "can": {name_of(action): caller is not None and caller.can(action) for action in Action},
        "organizations": SimpleLazyObject(lambda: organizations_of(request)),
        "unread_notices": SimpleLazyObject(lambda: notices.unread_count(caller) if caller else 0),
    }


def name_of(action: Action) -> str:
    """`media:delete-own` as templates can spell it: `media_delete_own`."""
    return action.value.replace(":", "_").replace("-", "_")


def organizations_of(request: HttpRequest) -> list[Organization]:
    user = getattr(request, "user", None)
    return list(Organization.objects.of_user(user)) if isinstance(user, User) and user.is_authenticated else []
