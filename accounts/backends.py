"""Checking a password, and finding the person of a session."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend as BaseAuthenticationBackend

from accounts.models import User
from config.common.written import Written

BY_ID = Written(User, "row.id = %s")


class AuthenticationBackend(BaseAuthenticationBackend):
    def get_user(self, user_id: Any) -> User | None:
        """As Django's, which every request with a session or a token asks, by SQL that is written once."""
        user = next(iter(BY_ID.find(user_id)), None)
        return user if user is not None and self.user_can_authenticate(user) else None
