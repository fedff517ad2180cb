"""How a request of the API says who it is from. Credentials that are there but wrong are 401, never a guest."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from config.common.errors import PermissionDenied
from organizations import api_keys
from organizations.authenticate import credential_of, person_or_key

CHALLENGE = 'Bearer realm="api"'


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """`request.auth` is the ApiKey. `request.user` stays a guest: a key must never be taken for its maker."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        credential = credential_of(request.headers)
        if credential is None or not api_keys.looks_like_key(credential):
            return None
        return AnonymousUser(), person_or_key(credential)

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class JwtAuthentication(authentication.BaseAuthentication):
    """`request.auth` is the token itself."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        credential = credential_of(request.headers)
        return None if credential is None else (person_or_key(credential), credential)

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class SessionAuthentication(authentication.SessionAuthentication):
    """For our own pages. What changes something needs the CSRF token."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            detail = _("The security token of the page is missing or old. Reload the page and try again.")
            raise PermissionDenied(detail, error_type="csrf_failed") from error

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE
