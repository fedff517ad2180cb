"""Registering and signing in for programs: what the pages do through allauth, answered with tokens."""

from __future__ import annotations

from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import second_factor, sessions
from accounts.models import User
from accounts.services import limits
from accounts.sessions import Tokens
from config.common.errors import Conflict, NotAuthenticated, PermissionDenied
from organizations.services import signup
from organizations.services.signup import SignedUp

MANDATORY = app_settings.EmailVerificationMethod.MANDATORY


def register(
    *, request: HttpRequest, email: str, password: str, first_name: str, last_name: str, organization_name: str
) -> tuple[SignedUp, Tokens | None]:
    """The new person and organization, with tokens unless the address must be verified first.

    Raises Conflict `email_taken`, except where verification is mandatory: there a known address gets the same answer as
    a new one, and its owner a mail.
    """
    limits.spend(request, "signup")
    asked = {
        "email": email,
        "password": password,
        "first_name": first_name,
        "last_name": last_name,
        "organization_name": organization_name,
    }
    if app_settings.EMAIL_VERIFICATION != MANDATORY:
        signed = signup.sign_up(**asked)
        return signed, sessions.sign_in(request, signed.user)
    signed = signup.look_alike(**asked) if signup.is_known(email) else _sign_up_or_look_alike(asked)
    address = EmailAddress.objects.filter(user=signed.user.pk).first() or EmailAddress(email=signed.user.email)
    send_verification_email_to_address(request, address, signup=True)
    return signed, None


def _sign_up_or_look_alike(asked: dict[str, str]) -> SignedUp:
    try:
        return signup.sign_up(**asked)
    except Conflict:  # somebody was quicker by a moment
        return signup.look_alike(**asked)


def sign_in(*, request: HttpRequest, email: str, password: str) -> tuple[User, Tokens]:
    """Raises NotAuthenticated `invalid_credentials` or `mfa_required`, PermissionDenied or TooManyRequests."""
    limits.spend(request, "login")
    user = _authenticate(request, User.objects.normalize_email(email), password)
    if app_settings.EMAIL_VERIFICATION == MANDATORY and not _is_verified(user):
        detail = _("Verify the address first: open the link in the mail that we sent to it.")
        raise PermissionDenied(detail, error_type="email_not_verified")
    # SECURITY: the password alone must never open an account that asks for more.
    if second_factor.is_on(user):
        detail = _("This account has two-step sign-in: send a code with this token to auth/mfa.")
        asked: dict[str, object] = {"mfa_token": second_factor.issue(user), "methods": second_factor.methods(user)}
        raise NotAuthenticated(detail, error_type="mfa_required", extra=asked)
    return user, sessions.sign_in(request, user)


def second_step(
    *, request: HttpRequest, mfa_token: str, method: str, code: str = "", credential: dict[str, Any] | None = None
) -> tuple[User, Tokens]:
    """Raises NotAuthenticated `invalid_mfa_token` or `invalid_code`, or TooManyRequests."""
    user = second_factor.redeem(request=request, token=mfa_token, method=method, code=code, credential=credential)
    return user, sessions.sign_in(request, user)


def _authenticate(request: HttpRequest, email: str, password: str) -> User:
    try:
        user = get_adapter(request).authenticate(request, email=email, password=password)
    except ValidationError as error:
        raise limits.sign_in_refusal(request, email) from error
    if not isinstance(user, User) or not user.is_active:
        # SECURITY: the same words for an unknown address, a wrong password and a closed account.
        raise NotAuthenticated(_("The address or the password is not right."), error_type="invalid_credentials")
    return user


def _is_verified(user: User) -> bool:
    return bool(EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists())
