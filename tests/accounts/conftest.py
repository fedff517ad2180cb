"""Second factors, mails and limits for these tests."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.mail import EmailMessage
from django.test import RequestFactory

from accounts.models import User
from config import settings as real_settings

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LINK = re.compile(r"https?://\S+")


@pytest.fixture(autouse=True)
def cache_prefix(settings: Any) -> str:
    """Limits and used codes of other tests, and of those that run beside, are other keys."""
    prefix = uuid.uuid4().hex
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": prefix}}
    return prefix


@pytest.fixture
def mandatory(settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.fixture
def limited(settings: Any) -> None:
    """With the limits of the real settings."""
    settings.ACCOUNT_RATE_LIMITS = real_settings.ACCOUNT_RATE_LIMITS


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """`later(300)`: the clock of this process goes on by so many seconds."""
    real = time.time

    def forward(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: real() + seconds)

    return forward


@pytest.fixture
def totp() -> Callable[[User], Callable[..., str]]:
    """`code = totp(alice)` gives alice an authenticator app and recovery codes; `code(steps=-1)` is what it shows."""

    return with_totp


def with_totp(user: User) -> Callable[..., str]:
    with context.request_context(RequestFactory().get("/")):
        TOTP.activate(user, SECRET)
        RecoveryCodes.activate(user)
    return code


def code(steps: int = 0, secret: str = SECRET) -> str:
    """What the app shows now, or that many periods of 30 seconds later."""
    shown: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))
    return shown


def wrong_code() -> str:
    """One that is right in none of the periods that count."""
    near = {code(steps) for steps in range(-3, 4)}
    return next(guess for guess in (f"{digit}" * 6 for digit in range(10)) if guess not in near)


def recovery_codes(user: User) -> list[str]:
    row = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    codes: list[str] = row.wrap().get_unused_codes()
    return codes


def links(message: EmailMessage) -> list[str]:
    """Addresses in the text of a mail, without the one of its footer."""
    return LINK.findall(str(message.body).partition("\n-- \n")[0])


def last_part(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]
