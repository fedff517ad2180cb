"""Asking once more who it is, before something that a stolen session must not do."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import second_factor
from accounts.models import User
from accounts.services import limits
from config.common.errors import Invalid


def prove(*, request: HttpRequest, user: User, password: str, code: str = "") -> None:
    """Check the password, and a code of the second factor where there is one.

    Who signs in by another service only has no password and is asked for the code alone. Raises Invalid naming
    `password` or `code`, or TooManyRequests.
    """
    check_password(request=request, user=user, password=password)
    if second_factor.is_on(user):
        _check_code(request, user, code)


def check_password(*, request: HttpRequest, user: User, password: str) -> None:
    """Raises Invalid or TooManyRequests. Nothing to check for who has no password here."""
    if not user.has_usable_password():
        return
    try:
        right = bool(password) and get_adapter(request).reauthenticate(user, password)
    except ValidationError as error:
        raise limits.sign_in_refusal(request, user.email) from error
    if not right:
        raise Invalid.field("password", _("This is not your current password."), "wrong_password")


def _check_code(request: HttpRequest, user: User, code: str) -> None:
    if not code:
        raise Invalid.field("code", _("Enter a code of your authenticator app, or a recovery code."), "mfa_required")
    if not second_factor.check(request, user, second_factor.methods(user), code):
        raise Invalid.field("code", _("This code is wrong, used or too old. Wait for the next one."), "wrong_code")
