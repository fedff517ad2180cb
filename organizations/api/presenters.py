"""People, organizations and keys as the public API shows them."""

from __future__ import annotations

from typing import Any

from accounts import notices
from accounts.models import User
from config.common.clock import iso, now
from organizations.models import ApiKey, Membership, Organization
from organizations.roles import Role
from organizations.services.signup import SignedUp

Json = dict[str, Any]


def person_json(user: User) -> Json:
    return {
        "id": user.pk,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "name": user.name,
        "language": user.language,
        "time_zone": user.time_zone,
        "theme": user.theme,
        "diacritics": user.diacritics,
        "digits": user.digits,
    }


def me_json(user: User, memberships: list[Membership]) -> Json:
    """`memberships` come with their organizations."""
    own = [own_organization_json(one.organization, one.role) for one in memberships]
    return {**person_json(user), "notifications": notices.as_json(user), "organizations": own}


def organization_json(organization: Organization) -> Json:
    """One that was never saved, as in the look-alike of a sign-up, is from this moment."""
    made = organization.created_at or now()
    return {"id": organization.pk, "name": organization.name, "slug": organization.slug, "created_at": iso(made)}


def own_organization_json(organization: Organization, role: Role | str | None) -> Json:
    return {**organization_json(organization), "role": role}


def registered_json(signed: SignedUp, access: str | None, refresh: str | None) -> Json:
    return {
        "user": person_json(signed.user),
        "organization": organization_json(signed.organization),
        "access": access,
        "refresh": refresh,
    }


def member_json(membership: Membership) -> Json:
    return {
        "id": membership.pk,
        "user": membership.user_id,
        "email": membership.user.email,
        "name": membership.user.name,
        "role": membership.role,
        "created_at": iso(membership.created_at),
    }


def api_key_json(key: ApiKey) -> Json:
    return {
        "id": key.pk,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "requests_per_minute": key.requests_per_minute,
        "max_billable_seconds": key.max_billable_seconds,
        "created_by": key.created_by_id,
        "created_at": iso(key.created_at),
        "expires_at": iso(key.expires_at),
        "last_used_at": iso(key.last_used_at),
        "revoked_at": iso(key.revoked_at),
    }
