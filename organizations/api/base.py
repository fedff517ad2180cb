"""The parents of every view of the API."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, MethodNotAllowed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from config.common.errors import ApplicationError, NotAuthenticated, TooManyRequests
from config.common.request_meta import client_ip
from organizations import throttling
from organizations.api.permissions import OrganizationPermission, PersonPermission
from organizations.authenticate import caller_for_key, caller_for_user
from organizations.models import ApiKey
from organizations.roles import Action
from organizations.tenancy import Caller

METHODS = ["get", "post", "put", "patch", "delete", "head"]


class LimitedAPIView(APIView):
    """Counts every request against the limits of who makes it; a refused one too, else guessing would be free."""

    def check_throttles(self, request: Request) -> None:
        throttling.limit(request._request, _buckets(request, getattr(self, "caller", None)))

    def handle_exception(self, exc: Exception) -> Response:
        try:
            self.check_throttles(self.request)
        except TooManyRequests as error:
            exc = error
        return super().handle_exception(exc)


def _buckets(request: Request, caller: Caller | None) -> list[throttling.Bucket]:
    """Those of the organization and the key, of the person, or of the address when nobody is known."""
    key = _known(request, "auth")
    if isinstance(key, ApiKey):
        return throttling.buckets_of(
            organization=key.organization_id, api_key=key.pk, key_limit=key.requests_per_minute
        )
    if caller:
        return throttling.buckets_of(organization=caller.organization.pk)
    user = _known(request, "user")
    if isinstance(user, User):
        return throttling.buckets_of(user=user.pk)
    return throttling.buckets_of(ip=client_ip(request._request))


def _known(request: Request, name: str) -> Any:
    """`request.user` or `request.auth`; None where the credentials were refused."""
    try:
        return getattr(request, name)
    except (APIException, ApplicationError):
        return None


class PublicAPIView(LimitedAPIView):
    """For those who are not known yet. Credentials are not looked at, so that an old cookie can't be in the way."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    http_method_names = METHODS


class PersonAPIView(LimitedAPIView):
    """For a signed-in person, whatever their organizations."""

    permission_classes = (PersonPermission,)
    http_method_names = METHODS

    @property
    def person(self) -> User:
        user = self.request.user
        if not isinstance(user, User):
            raise NotAuthenticated(_("Sign in first."))
        return user

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> NoReturn:
        _require_credentials(request)
        super().permission_denied(request, message, code)


class TenantAPIView(LimitedAPIView):
    """Acts for one organization: that of the route's `slug`, of `X-Organization`, of the key, or the only one.

    `actions` maps each method to the action it takes, or to None where belonging to the organization is enough. A
    method that is not in it is refused to everybody. Handlers find who is calling in `self.caller`.
    Methods in `ungated` work for people while the organization is deleted, and without the second factor it requires.
    """

    actions: ClassVar[dict[str, Action | None]] = {}
    ungated: ClassVar[frozenset[str]] = frozenset()
    permission_classes = (OrganizationPermission,)
    http_method_names = METHODS
    caller: Caller

    def check_permissions(self, request: Request) -> None:
        _require_credentials(request)
        method = request.method or ""
        if method.lower() not in METHODS or not hasattr(self, method.lower()):
            raise MethodNotAllowed(method)
        slug = self.kwargs.get("slug") or request.headers.get("X-Organization")
        self.caller = caller_of(request, slug, gated=method not in self.ungated)
        super().check_permissions(request)


def caller_of(request: Request, slug: str | None, *, gated: bool = True) -> Caller:
    """The caller of an authenticated request in the organization `slug`, or in their only one."""
    if isinstance(request.auth, ApiKey):
        return caller_for_key(request.auth, slug)
    return caller_for_user(_user_of(request), slug, gated=gated)


def _user_of(request: Request) -> User:
    user: Any = request.user
    if not isinstance(user, User):
        raise NotAuthenticated(_("Send an access token or an API key in the Authorization header."))
    return user


def _require_credentials(request: Request) -> None:
    """SECURITY: no credentials is 401 for every method, before anything can be learnt from a 403, 404 or 405."""
    if not isinstance(request.auth, ApiKey) and not request.user.is_authenticated:
        raise NotAuthenticated(_("Send an access token or an API key in the Authorization header."))
