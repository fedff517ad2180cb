"""A passkey as the second step of signing in, for programs.

The challenge is kept beside the token of the first step, not in a session: a program has none yet.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.core.cache import cache
from fido2.webauthn import UserVerificationRequirement

from accounts.models import User


def challenge(user: User, attempt: str, seconds: int) -> dict[str, Any]:
    """What `navigator.credentials.get()` wants, JSON-ready. A new one for the same attempt replaces the former."""
    verification = UserVerificationRequirement(app_settings.WEBAUTHN_USER_VERIFICATION)
    credentials = auth.get_credentials(user)
    options, state = auth.get_server().authenticate_begin(credentials=credentials, user_verification=verification)
    cache.set(_name(attempt), state, timeout=seconds)
    return dict(options)


def answered(user: User, attempt: str, credential: dict[str, Any]) -> Authenticator | None:
    """The passkey of `user` that signed the challenge of this attempt. Each challenge counts for one try."""
    state = cache.get(_name(attempt))
    # SECURITY: of two answers that come at once, one deletes the challenge and the other has none.
    if not state or not cache.delete(_name(attempt)):
        return None
    try:
        signed = auth.get_server().authenticate_complete(state, auth.get_credentials(user), credential)
    except (ValueError, TypeError, KeyError, AttributeError):  # fido2 raises all of these for what is no credential
        return None
    return auth.get_authenticator_by_credential_id(user, signed.credential_id)


def _name(attempt: str) -> str:
    return f"passkey-challenge:{attempt}"
