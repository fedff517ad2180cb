"""Secrets that we must be able to read again (TOTP keys, signing secrets), encrypted at rest under keys that rotate.

`ENCRYPTION_KEYS` lists them, the newest first: that one encrypts, all decrypt. `manage.py rotate_keys` brings what is
stored to the newest, after which the others may go.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.dispatch import Signal

# Receivers bring their own rows to the newest key and return how many they changed.
rotating = Signal()


class Undecryptable(Exception):
    """The text was encrypted with a key that is not in the settings any more, or was tampered with."""


def encrypt(text: str) -> str:
    return _box(_keys()).encrypt(text.encode()).decode("ascii")


def decrypt(token: str) -> str:
    """Raises Undecryptable."""
    try:
        return _box(_keys()).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise Undecryptable from error


def rotate(token: str) -> str:
    """The same secret under the newest key. Raises Undecryptable."""
    try:
        return _box(_keys()).rotate(token.encode()).decode("ascii")
    except InvalidToken as error:
        raise Undecryptable from error


def _keys() -> tuple[str, ...]:
    return tuple(settings.ENCRYPTION_KEYS) or (settings.SECRET_KEY,)


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_fernet_key(key)) for key in keys])


def _fernet_key(secret: str) -> bytes:
    """Any long random text serves as a key; apart from other uses of the same text (SECRET_KEY)."""
    return base64.urlsafe_b64encode(hashlib.sha256(b"tadwin.encryption\0" + secret.encode()).digest())
