"""Sessions that no cookie carries: those of programs that signed in through the API."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from allauth.core.internal.sessionkit import get_session_user
from allauth.headless import app_settings
from allauth.headless.internal.sessionkit import lookup_session, new_session
from allauth.headless.tokens.strategies.jwt import internal
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from accounts.models import User

BACKEND = "accounts.backends.AuthenticationBackend"


@dataclass(frozen=True, slots=True)
class Tokens:
    access: str
    refresh: str


def sign_in(request: HttpRequest, user: User) -> Tokens:
    """Open a session for `user`, apart from the browser's own, and give its tokens."""
    with detached(request):
        return open_here(request, user)


def open_here(request: HttpRequest, user: User) -> Tokens:
    """Make `request.session` one of `user`, who is fully known, and give its tokens."""
    login(request, user, backend=BACKEND)
    # It must live as long as the refresh token that it answers for; each refresh starts the time anew.
    request.session.set_expiry(app_settings.JWT_REFRESH_TOKEN_EXPIRES_IN)
    access = internal.create_access_token(user, request.session, {})
    refresh = internal.create_refresh_token(user, request.session)
    request.session.modified = True
    request.session.save()
    # The browser's way of signing in does this by allauth's own signal.
    UserSession.objects.create_from_request(request)
    cap(user)
    return Tokens(access, refresh)


def refresh(token: str) -> Tokens | None:
    """New tokens for a refresh token, which is used up by it. None when it is not good, or was used before."""
    pair = app_settings.TOKEN_STRATEGY.refresh_token(token)
    return None if pair is None else Tokens(*pair)


def user_of_access_token(token: str) -> User | None:
    """The active person of a token whose session is still open."""
    payload = internal.decode_token(token, "access")
    session = None if payload is None else internal.get_token_session(payload)
    if payload is None or session is None:
        return None
    user: User | None = internal.validate_token_user(payload, session)
    return user


def user_of_session(key: str | None) -> User | None:
    """The active person of a browser's session, as it is in the store now."""
    session = lookup_session(key) if key else None
    user: User | None = get_session_user(session) if session is not None else None
    return user


def end_by_token(token: str) -> None:
    """End the session of an access or refresh token; nothing to do for one that is no longer good."""
    payload = internal.decode_token(token, "access") or internal.decode_token(token, "refresh")
    session = None if payload is None else internal.get_token_session(payload)
    if session is not None:
        end(session)


def end(session: SessionBase) -> None:
    """From here on, neither a token nor a cookie of this session opens anything."""
    UserSession.objects.filter(session_key=session.session_key).delete()
    session.flush()


def key_of_access_token(token: str) -> str:
    """The key of its session; empty for one that is no longer good."""
    payload = internal.decode_token(token, "access")
    session = None if payload is None else internal.get_token_session(payload)
    return "" if session is None else str(session.session_key)


def open_sessions(user: User) -> list[UserSession]:
    """Those that still open something, the newest first."""
    alive: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(alive, key=lambda one: one.created_at, reverse=True)


def public_id(one: UserSession) -> UUID:
    """What the API calls a session. SECURITY: it is made from the key, which must not be told, and leads not back."""
    return UUID(bytes=hashlib.sha256(f"session:{one.session_key}".encode()).digest()[:16])


def end_one(user: User, session_id: UUID) -> bool:
    """Whether there was such a session."""
    for one in UserSession.objects.filter(user=user):
        if public_id(one) == session_id:
            one.end()
            return True
    return False


def end_others(user: User, but: str = "") -> int:
    """End every session of `user` but the one with the key `but`; how many."""
    others = list(UserSession.objects.filter(user=user).exclude(session_key=but))
    for one in others:
        one.end()
    return len(others)


def cap(user: User) -> None:
    """End the oldest beyond the limit: allauth looks at every one of them at each sign-in."""
    for one in UserSession.objects.filter(user=user).order_by("-created_at", "-pk")[settings.MAX_SESSIONS_PER_PERSON :]:
        one.end()


@contextmanager
def detached(request: HttpRequest) -> Iterator[None]:
    """Put a fresh session in place of the browser's, so that signing in sets no cookie and changes no login."""
    before = request.session, request.user
    request.session = new_session()
    try:
        yield
    finally:
        request.session, request.user = before
        # Signing in rotates the CSRF token; the page that is open must keep its own.
        request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False
