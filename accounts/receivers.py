"""What follows from signing in, and from a new encryption key."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_logged_in
from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts import sessions
from accounts.models import User
from config.common import encryption

SECRETS = ("secret", "seed")


def connect() -> None:
    user_logged_in.connect(_on_signed_in, dispatch_uid="accounts.cap_sessions")
    encryption.rotating.connect(_on_rotating, dispatch_uid="accounts.rotate_keys")


def _on_signed_in(sender: Any, user: Any, **_kwargs: Any) -> None:
    """After allauth's own receiver, which writes the new session's row."""
    if isinstance(user, User):
        sessions.cap(user)


@transaction.atomic
def _on_rotating(sender: Any, **_kwargs: Any) -> int:
    rows = Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN)
    return sum(_rotate(row) for row in rows)


def _rotate(row: Authenticator) -> int:
    held = [name for name in SECRETS if name in row.data]
    for name in held:
        row.data[name] = encryption.rotate(row.data[name])
    row.save(update_fields=["data"])
    return len(held)
