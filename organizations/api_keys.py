"""The form of API keys, and finding the row of one. `tdw_<prefix>_<secret>`; only the hash of the whole is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from config.common.clock import now
from config.common.errors import NotAuthenticated
from config.common.written import Joined
from organizations.models import ApiKey

START = "tdw_"
PREFIX_LENGTH, SECRET_LENGTH = 8, 40
ALPHABET = string.ascii_letters + string.digits
FORMAT = re.compile(rf"tdw_([A-Za-z0-9]{{{PREFIX_LENGTH}}})_[A-Za-z0-9]{{{SECRET_LENGTH}}}", re.ASCII)
BY_PREFIX = Joined(ApiKey, "organization", "row.prefix = %s")
# Last use is for people to look at; a write on every request would be a high price for that.
TOUCH_EVERY = timedelta(minutes=1)


def generate() -> tuple[str, str]:
    """A new (prefix, key). 40 letters and digits are 238 random bits."""
    prefix, secret = _random(PREFIX_LENGTH), _random(SECRET_LENGTH)
    return prefix, f"{START}{prefix}_{secret}"


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def digest(key: str) -> str:
    # SECURITY: a fast hash is right here: the key is random, so there is nothing to guess from.
    return hashlib.sha256(key.encode()).hexdigest()


def looks_like_key(credential: str) -> bool:
    return credential.startswith(START)


def find(key: str) -> ApiKey:
    """The usable row of `key`, with its organization. Raises NotAuthenticated `invalid_api_key`."""
    match = FORMAT.fullmatch(key)
    row = next(iter(BY_PREFIX.find(match[1])), None) if match else None
    # SECURITY: constant time, and also done for a prefix that does not exist.
    same = hmac.compare_digest(digest(key), row.key_hash if row else "0" * 64)
    if not row or not same or not is_usable(row):
        raise NotAuthenticated(_("This API key is unknown, expired or revoked."), error_type="invalid_api_key")
    return row


def is_usable(key: ApiKey) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now())


def touch(key: ApiKey) -> None:
    """Note that the key was used, at most once a minute."""
    moment = now()
    if key.last_used_at is None or key.last_used_at < moment - TOUCH_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=moment - TOUCH_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=moment)
