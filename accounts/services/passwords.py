"""Forgotten and changed passwords."""

from __future__ import annotations

from allauth.account import signals
from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm, UserTokenForm
from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import sessions
from accounts.models import User
from accounts.services import limits
from accounts.services.proof import check_password
from accounts.sessions import Tokens
from config.common.errors import FieldError, Invalid


def request_reset(*, request: HttpRequest, email: str) -> None:
    """Mail a link to set a new password; who has no account here gets a mail that says so.

    SECURITY: both are one mail and the same work, so neither the answer nor the clock tells which it was.
    """
    limits.spend(request, "reset_password", key=email)
    form = ResetPasswordForm({"email": email})
    if form.is_valid():
        form.save(request)


def reset(*, request: HttpRequest, token: str, password: str) -> User:
    """Set the password by the last part of the link in the mail. Every session of the person ends.

    Raises Invalid naming `token` or `password`.
    """
    limits.spend(request, "reset_password_from_key")
    uid, _dash, key = token.partition("-")
    form = UserTokenForm({"uidb36": uid, "key": key})
    if not form.is_valid() or not form.reset_user.is_active:
        raise Invalid.field("token", _("This link is used up or too old. Ask for a new one."), "invalid_token")
    user: User = form.reset_user
    check_strength(user, password)
    with transaction.atomic():
        get_adapter().set_password(user, password)
        _verified_by_mail(user)
        signals.password_reset.send(sender=User, request=request, user=user)
        get_adapter().send_notification_mail("account/email/password_reset", user)
    # Who forgot it has tried some wrong ones.
    get_adapter()._delete_login_attempts_cached_email(request, email=user.email)
    return user


def change(*, request: HttpRequest, user: User, password: str, new_password: str) -> Tokens:
    """Every session of the person ends; the tokens are those of a new one. Raises Invalid or TooManyRequests."""
    limits.spend(request, "change_password", user=user)
    check_password(request=request, user=user, password=password)
    check_strength(user, new_password, field="new_password")
    with transaction.atomic(), sessions.detached(request):
        get_adapter().set_password(user, new_password)
        tokens = sessions.open_here(request, user)
        signals.password_changed.send(sender=User, request=request, user=user)
        get_adapter().send_notification_mail("account/email/password_changed", user)
    return tokens


def check_strength(user: User, password: str, *, field: str = "password") -> None:
    """Raises Invalid naming `field` for every rule that `password` breaks."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        found = tuple(FieldError(field, one.messages[0], one.code or "invalid") for one in error.error_list)
        raise Invalid(_("Choose another password; `errors` says why."), errors=found) from error


def _verified_by_mail(user: User) -> None:
    """Whoever opened the link reads the mail of this address."""
    address = EmailAddress.objects.filter(user=user, email=user.email).first()
    if address is not None:
        address.set_verified()
