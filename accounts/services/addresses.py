"""Verifying a mail address, and changing to another one.

A new address is nobody's until the link in the mail to it was opened: the link carries what is asked, signed, so that a
row that waits can neither keep the address from its owner nor be forgotten.
"""

from __future__ import annotations

from typing import NoReturn

from allauth.account import signals
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress, get_emailconfirmation_model
from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import mail
from accounts.models import User
from accounts.services import limits
from accounts.services.proof import prove
from config.common.errors import Invalid

SALT = "accounts.change_email"
DAY = 24 * 3600


def verify(*, request: HttpRequest, key: str) -> EmailAddress:
    """Mark the address of the mail's link as verified. Raises Invalid naming `key`."""
    limits.spend(request, "verify_email")
    confirmation = get_emailconfirmation_model().from_key(key)
    address: EmailAddress | None = confirmation.confirm(request) if confirmation else None
    if address is None:
        _refuse("key")
    return address


def resend(*, request: HttpRequest, email: str) -> None:
    """Mail the link once more. Every address gets a mail, whether it is unknown, known or verified already."""
    limits.spend(request, "resend_verification")
    wanted = User.objects.normalize_email(email)
    known = EmailAddress.objects.filter(email=wanted).order_by("-verified", "-primary").first()
    if known is not None and known.verified:
        known = EmailAddress(email=wanted)
        send_verification_email_to_address(request, known, signup=True)
        return
    send_verification_email_to_address(request, known or EmailAddress(email=wanted))


def request_change(*, request: HttpRequest, user: User, email: str, password: str, code: str = "") -> None:
    """Mail a link to the new address. Raises Invalid naming the field, or TooManyRequests.

    SECURITY: an address that somebody has gets a mail as well, and the answer is the same.
    """
    limits.spend(request, "manage_email", user=user)
    prove(request=request, user=user, password=password, code=code)
    wanted = User.objects.normalize_email(email)
    if wanted == user.email:
        raise Invalid.field("email", _("This is your address already."), "unchanged")
    limits.spend(request, "confirm_email", key=wanted)
    if is_taken(wanted, user):
        urls = {"password_reset_url": f"{settings.PUBLIC_URL}{reverse('account_reset_password')}"}
        mail.send("account_already_exists", wanted, urls)
        return
    mail.send("email_change", wanted, {"url": change_url(user, wanted), "person": user}, language=user.language)


def change_url(user: User, email: str) -> str:
    token = signing.dumps([str(user.pk), user.email, email], salt=SALT, compress=True)
    return f"{settings.PUBLIC_URL}{reverse('confirm-email-change', args=[token])}"


def read_change(token: str) -> tuple[User, str]:
    """The person and the new address of a link. Raises Invalid when it is used up, too old or forged."""
    try:
        pk, before, wanted = signing.loads(token, salt=SALT, max_age=DAY)
    except (signing.BadSignature, ValueError):
        _refuse("token")
    # Once it is used, the person has another address than the one in the link.
    user = User.objects.filter(pk=pk, email=before, is_active=True).first()
    if user is None:
        _refuse("token")
    return user, wanted


def confirm_change(*, request: HttpRequest, token: str) -> User:
    """From now on the person of the link has its address. Raises Invalid."""
    limits.spend(request, "verify_email")
    user, wanted = read_change(token)
    try:
        with transaction.atomic():
            return _change(request, user, wanted)
    except IntegrityError:  # somebody was quicker
        _refuse("token")


def _change(request: HttpRequest, user: User, wanted: str) -> User:
    user = User.objects.select_for_update().get(pk=user.pk)
    before = user.email
    if is_taken(wanted, user):
        _refuse("token")
    EmailAddress.objects.filter(user=user).delete()
    new = EmailAddress.objects.create(user=user, email=wanted, primary=True, verified=True)
    user.email = wanted
    user.save(update_fields=["email", "updated_at"])
    old = EmailAddress(user=user, email=before)
    signals.email_changed.send(
        sender=EmailAddress, request=request, user=user, from_email_address=old, to_email_address=new
    )
    changed = {"user": user, "from_email": before, "to_email": wanted}
    get_adapter().send_notification_mail("account/email/email_changed", user, changed, email=before)
    return user


def is_taken(email: str, user: User) -> bool:
    """Whether somebody else has the address."""
    others = User.objects.filter(email=email).exclude(pk=user.pk)
    verified = EmailAddress.objects.filter(email=email, verified=True).exclude(user=user)
    return others.exists() or verified.exists()


def _refuse(field: str) -> NoReturn:
    raise Invalid.field(field, _("This link is used up, too old or incomplete. Ask for a new one."), f"invalid_{field}")
