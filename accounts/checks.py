"""Misconfiguration of sign-in, told when the process starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

VERIFICATION = ("mandatory", "optional", "none")
# Mails that go to a file, a terminal or nowhere never reach the person who must click the link in them.
UNREACHABLE = ("dummy", "console", "filebased")
MIN_SECRET_BYTES = 32


@register(Tags.security)
def check_sign_in(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    return [*_secret(), *_lifetimes(), *_verification()]


def _secret() -> list[CheckMessage]:
    if len(settings.SECRET_KEY.encode()) >= MIN_SECRET_BYTES:
        return []
    hint = "Set SECRET_KEY (or SECRET_KEY_FILE) to 32 random bytes or more, for example from `openssl rand -base64 48`."
    return [Error("SECRET_KEY is too short to sign access tokens.", hint=hint, id="accounts.E001")]


def _lifetimes() -> list[CheckMessage]:
    access, refresh = settings.HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN, settings.HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN
    if 0 < access < refresh:
        return []
    hint = "Set JWT_ACCESS_SECONDS to some minutes and JWT_REFRESH_SECONDS to some days."
    return [Error("A refresh token must live longer than an access token.", hint=hint, id="accounts.E002")]


def _verification() -> list[CheckMessage]:
    chosen = settings.ACCOUNT_EMAIL_VERIFICATION
    if chosen not in VERIFICATION:
        hint = f"Set EMAIL_VERIFICATION to one of: {', '.join(VERIFICATION)}."
        return [Error(f"EMAIL_VERIFICATION is {chosen!r}, which means nothing.", hint=hint, id="accounts.E003")]
    if chosen == "mandatory" and settings.EMAIL_BACKEND.split(".")[-2] in UNREACHABLE:
        hint = "Set EMAIL_URL to a mail server, or EMAIL_VERIFICATION to none."
        return [Warning("Sign-up needs a mail that nobody will get.", hint=hint, id="accounts.W001")]
    return []
