"""What people change about themselves."""

from __future__ import annotations

from typing import Any

from accounts import notices
from accounts.models import User

EDITABLE = frozenset({"first_name", "last_name", "language", "time_zone", "theme", "notices", "diacritics", "digits"})


def update_person(*, user: User, **changes: Any) -> User:
    """Change names and preferences; values are validated by the form or serializer.

    `notices` are the choices that change: `{"job_failed": {"mail": False}}`.
    """
    unknown = set(changes) - EDITABLE
    if unknown:
        raise TypeError(f"Not a person's to change: {', '.join(sorted(unknown))}")
    if "notices" in changes:
        changes["notices"] = notices.merged(user, changes["notices"])
    for name, value in changes.items():
        setattr(user, name, value)
    if changes:
        user.save(update_fields=[*changes, "updated_at"])
    return user
