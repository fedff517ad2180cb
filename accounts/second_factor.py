"""The second step of signing in for programs, and codes that work once.

Whoever gave the right password gets a token that says so for five minutes; with a code it becomes a session.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings, signals
from allauth.mfa.base.forms import AuthenticateForm as BaseAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as BaseReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.core import signing
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts import passkeys
from accounts.models import User
from accounts.services import limits
from config.common.errors import Invalid, NotAuthenticated

SALT = "accounts.second_factor"
SECONDS = 300
STEPS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
CODES = (Authenticator.Type.TOTP.value, Authenticator.Type.RECOVERY_CODES.value)
PASSKEY = Authenticator.Type.WEBAUTHN.value
METHODS = (*CODES, PASSKEY)
Find = Callable[[list[Authenticator]], Authenticator | None]


def is_on(user: User) -> bool:
    """Whether the password alone does not open the account."""
    return bool(is_mfa_enabled(user, types=STEPS))


def methods(user: User) -> list[str]:
    """What `user` can answer with."""
    own = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    return [method for method in METHODS if method in own]


def issue(user: User) -> str:
    """A token that says: this person gave the right password just now."""
    return signing.dumps([str(user.pk), secrets.token_urlsafe(12), _fingerprint(user)], salt=SALT)


def passkey_options(token: str) -> dict[str, Any]:
    """What the browser needs to sign with a passkey of the token's person. Raises NotAuthenticated or Invalid."""
    user, nonce = _read(token)
    if PASSKEY not in methods(user):
        raise Invalid.field("mfa_token", _("This account has no passkey."), "no_passkey")
    return passkeys.challenge(user, nonce, SECONDS)


def redeem(
    *, request: HttpRequest, token: str, method: str, code: str = "", credential: dict[str, Any] | None = None
) -> User:
    """The person of the token, who is now fully known. Token, code and signature work once.

    Raises NotAuthenticated `invalid_mfa_token` or `invalid_code`, or TooManyRequests.
    """
    user, nonce = _read(token)
    if method == PASSKEY:
        right = _one_try(request, user, [method], lambda _own: passkeys.answered(user, nonce, credential or {}))
    else:
        right = check(request, user, [method], code)
    if not right:
        raise NotAuthenticated(_("This code is wrong, used or too old."), error_type="invalid_code")
    # SECURITY: of two who come at once with different codes, one gets a session.
    if not cache.add(f"mfa-token-used:{nonce}", 1, timeout=SECONDS):
        raise _bad_token()
    return user


def check(request: HttpRequest, user: User, methods: list[str], code: str) -> bool:
    """Whether `code` is right by one of `methods`, and unused; it is used now. One try. Raises TooManyRequests."""
    wanted = [method for method in methods if method in CODES]
    return _one_try(request, user, wanted, lambda own: next((one for one in own if _is_right(one, code)), None))


def _one_try(request: HttpRequest, user: User, methods: list[str], find: Find) -> bool:
    """Count a try; `find` gives which of the person's own was right. Raises TooManyRequests."""
    key = f"mfa-auth-user-{user.pk}"  # allauth's own: the pages count by it too
    if not ratelimit.consume(request, action="login_failed", key=key):
        raise limits.refusal(request, "login_failed", key=key)
    own = list(Authenticator.objects.filter(user=user, type__in=methods))
    used = find(own)
    if used is None:
        failed = {"user": user, "authenticator": own[0] if own else None, "reauthentication": False}
        signals.authentication_failed.send(sender=Authenticator, request=request, **failed)
        return False
    ratelimit.clear(request, action="login_failed", key=key)
    used.record_usage()
    return True


def _is_right(own: Authenticator, code: str) -> bool:
    try:
        return bool(own.wrap().validate_code(code)) and first_use(own, code)
    except ValidationError:  # its secret can't be decrypted any more
        return False


def first_use(own: Authenticator, code: str) -> bool:
    """Recovery codes are struck out by allauth. A code of an app must be remembered for as long as it would be right.

    SECURITY: allauth remembers for one period, but with a tolerance of one step a code is right for three.
    """
    if own.type != Authenticator.Type.TOTP:
        return True
    seconds = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    return bool(cache.add(f"totp-used:{own.user_id}:{normalize_user_code(code)}", 1, timeout=seconds))


class _Once:
    """For allauth's forms: a code that was used in the API is used here too."""

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc] # a mixin: the form has it
        if not first_use(self.authenticator, code):  # type: ignore[attr-defined] # as above
            raise ValidationError(get_adapter().error_messages["incorrect_code"], code="incorrect_code")
        return code


class AuthenticateForm(_Once, BaseAuthenticateForm):
    pass


class ReauthenticateForm(_Once, BaseReauthenticateForm):
    pass


def _read(token: str) -> tuple[User, str]:
    try:
        pk, nonce, fingerprint = signing.loads(token, salt=SALT, max_age=SECONDS)
    except (signing.BadSignature, ValueError):
        raise _bad_token() from None
    user = User.objects.filter(pk=pk, is_active=True).first()
    # SECURITY: a password that was changed in between ends the attempt.
    if user is None or not constant_time_compare(fingerprint, _fingerprint(user)):
        raise _bad_token()
    return user, nonce


def _fingerprint(user: User) -> str:
    return salted_hmac(SALT, user.password).hexdigest()[:16]


def _bad_token() -> NotAuthenticated:
    detail = _("This sign-in took too long or is used up. Start again with the password.")
    return NotAuthenticated(detail, error_type="invalid_mfa_token")
