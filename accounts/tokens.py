"""JWT access and refresh tokens over a server-side session: short, rotated, revocable.

A refresh token that comes a second time means that it was stolen, from the person or from the thief: nobody can tell
which, so its session ends and both must sign in again.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy, internal
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.core.cache import cache

from accounts import sessions


class TokenStrategy(JWTTokenStrategy):
    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        """A new (access, refresh), or None when the token is not good."""
        payload = internal.decode_token(refresh_token, "refresh")
        session = None if payload is None else internal.get_token_session(payload)
        if payload is None or session is None:
            return None
        if not _is_first_use(session, payload):
            sessions.end(session)
            return None
        try:
            pair: tuple[str, str] | None = super().refresh_token(refresh_token)
        except UpdateError:  # the same token came twice at once, and the other request ended the session
            return None
        return pair


def _is_first_use(session: SessionBase, payload: dict[str, Any]) -> bool:
    """Whether nobody has used this refresh token before.

    The session alone can't tell: two requests at once would both still find the token in it.
    """
    known = payload["jti"] in internal.get_refresh_token_state(session)
    lifetime = max(1, int(payload["exp"] - time.time()))
    return known and cache.add(f"refresh-token-used:{payload['jti']}", 1, timeout=lifetime)
