"""What `manage.py check` says about a deployment as a whole."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

# What the passwords in docker/compose.yml end in until somebody sets their own.
TRY_OUT = "try-out-only"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@register()
def check_try_out_secrets(**_kwargs: Any) -> list[CheckMessage]:
    """SECURITY: passwords that anybody can read in our repository must not guard more than localhost."""
    if urlsplit(settings.PUBLIC_URL).hostname in LOOPBACK:
        return []
    found = [name for name, value in _secrets().items() if TRY_OUT in value]
    if not found:
        return []
    hint = "Set your own: python -c 'import secrets; print(secrets.token_urlsafe(32))' (docs/deploy.md)."
    return [Error(f"Published try-out passwords are in use: {', '.join(found)}.", hint=hint, id="config.E001")]


def _secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": str(settings.DATABASES["default"].get("PASSWORD") or ""),
        "REDIS_URL": settings.REDIS_URL,
        "S3_SECRET_ACCESS_KEY": settings.S3_SECRET_ACCESS_KEY or "",
    }


# Values of libpq's sslmode that encrypt; "verify-full" also knows whom it talks to.
ENCRYPTED = {"require", "verify-ca", "verify-full"}
SHORTEST_HSTS = 30 * 24 * 3600


@register(Tags.security, deploy=True)
def check_transport(**_kwargs: Any) -> list[CheckMessage]:
    """What leaves this machine must not be readable on its way. Embedded, nothing does."""
    if settings.EMBEDDED:
        return []
    return [*_https(), *_database_tls(), *_redis_tls()]


def _https() -> list[CheckMessage]:
    if not settings.SECURE:
        hint = "Set PUBLIC_URL to https://..., with a proxy in front that ends TLS."
        return [Warning("People sign in over plain HTTP.", hint=hint, id="config.W001")]
    if settings.SECURE_HSTS_SECONDS < SHORTEST_HSTS:
        hint = "Leave SECURE_HSTS_SECONDS unset (a year), or set 2592000 at least."
        return [Warning("Browsers are not told to use https only.", hint=hint, id="config.W002")]
    return []


def _database_tls() -> list[CheckMessage]:
    database = settings.DATABASES["default"]
    if is_here(database.get("HOST") or "") or database.get("OPTIONS", {}).get("sslmode") in ENCRYPTED:
        return []
    hint = "Add ?sslmode=verify-full to DATABASE_URL; silence it in a private network that you trust."
    return [Warning("The connection to PostgreSQL may be unencrypted.", hint=hint, id="config.W003")]


def _redis_tls() -> list[CheckMessage]:
    address = urlsplit(settings.REDIS_URL)
    if address.scheme in {"rediss", "unix"} or is_here(address.hostname or ""):
        return []
    hint = "Use rediss:// in REDIS_URL; silence it in a private network that you trust."
    return [Warning("The connection to Redis is unencrypted.", hint=hint, id="config.W004")]


def is_here(host: str) -> bool:
    """This machine: a socket's folder, no host at all, or the loopback."""
    return host in LOOPBACK | {""} or host.startswith("/")
