"""From credentials to a Caller, for the API, for the pages and for the live process. Synchronous."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import sessions
from accounts.models import User
from config.common.errors import MalformedRequest, NotAuthenticated, NotFound
from config.common.written import Joined
from organizations import api_keys, gates
from organizations.models import ApiKey, Membership, Organization
from organizations.roles import Role, actions_of_role, actions_of_scopes
from organizations.tenancy import Caller

SCHEMES = ("bearer", "token")
IN_ONE = Joined(Membership, "organization", "row.user_id = %s AND related.slug = %s")
ANYWHERE = Joined(Membership, "organization", "row.user_id = %s")


def credential_of(headers: Mapping[str, str]) -> str | None:
    """The token or key of `Authorization: Bearer`, `Authorization: Token` or `X-API-Key`, in this order.

    `headers` compares names without case, as Django's and the live process's do. The query string is never read:
    addresses end in logs, histories and referrers.
    """
    scheme, _, value = headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() in SCHEMES:
        return value.strip()
    return headers.get("X-API-Key") or None


def person_or_key(credential: str) -> User | ApiKey:
    """Whom a credential stands for. Raises NotAuthenticated."""
    if api_keys.looks_like_key(credential):
        key = api_keys.find(credential)
        api_keys.touch(key)
        return key
    user = sessions.user_of_access_token(credential)
    if user is None:
        raise NotAuthenticated(
            _("This access token is not valid any more. Sign in or refresh."), error_type="invalid_token"
        )
    return user


def caller_from_credentials(headers: Mapping[str, str], organization_slug: str | None) -> Caller:
    """Raises NotAuthenticated, NotFound (a foreign organization) or MalformedRequest `organization_required`."""
    credential = credential_of(headers)
    if credential is None:
        raise NotAuthenticated(_("Send an access token or an API key in the Authorization header."))
    known = person_or_key(credential)
    if isinstance(known, ApiKey):
        return caller_for_key(known, organization_slug)
    return caller_for_user(known, organization_slug)


def caller_for_key(key: ApiKey, slug: str | None = None) -> Caller:
    """A key knows its organization; naming another one is naming what does not exist."""
    if slug and slug != key.organization.slug:
        raise NotFound
    gates.check(key.organization, None)
    return Caller(key.organization, actions_of_scopes(key.scopes), api_key=key)


def caller_for_user(user: User, slug: str | None, *, gated: bool = True) -> Caller:
    """`user` in the organization `slug`, or in their only one when `slug` is empty.

    Raises NotFound, MalformedRequest and, unless `gated` is False, what the organization's gates say.
    """
    if slug:
        membership = next(iter(IN_ONE.find(user.pk, slug)), None)
        if membership is None:
            raise NotFound(_("There is no such organization, or you do not belong to it."))
    else:
        membership = _only(ANYWHERE.find(user.pk, limit=2))
    if gated:
        gates.check(membership.organization, user)
    return Caller(membership.organization, actions_of_role(membership.role), role=_role(membership), user=user)


def again(caller: Caller) -> Caller:
    """The same person or key, as they are now. Raises ApplicationError when they may not come in any more."""
    key, user = caller.api_key, caller.user
    return caller_by_id(caller.organization.pk, user=user.pk if user else None, key=key.pk if key else None)


def caller_by_id(organization: UUID | str, *, user: UUID | str | None, key: UUID | str | None) -> Caller:
    """A key or a person who was known before. Raises ApplicationError."""
    row = Organization.objects.filter(pk=organization).first()
    if row is None:
        raise NotFound
    if key:
        found = ApiKey.objects.select_related("organization").filter(pk=key).first()
        if found is None or not api_keys.is_usable(found):
            raise NotAuthenticated(_("This API key is expired or revoked."), error_type="invalid_api_key")
        return caller_for_key(found, row.slug)
    person = User.objects.filter(pk=user, is_active=True).first() if user else None
    if person is None:
        raise NotAuthenticated(_("This account is closed."))
    return caller_for_user(person, row.slug)


def _only(memberships: list[Membership]) -> Membership:
    if len(memberships) == 1:
        return memberships[0]
    detail = (
        _("You belong to several organizations: name one in the header X-Organization.")
        if memberships
        else _("You do not belong to an organization yet: make one with POST /api/v1/organizations.")
    )
    raise MalformedRequest(detail, error_type="organization_required")


def _role(membership: Membership) -> Role:
    return Role(membership.role)
