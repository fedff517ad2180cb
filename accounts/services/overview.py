"""What the page about one's security tells."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings

from accounts.models import User


@dataclass(frozen=True, slots=True)
class Overview:
    email: str
    is_verified: bool
    has_password: bool
    has_app: bool
    passkeys: int
    recovery_codes: int
    sessions: int
    connected: list[str]
    can_connect: bool

    @property
    def has_second_factor(self) -> bool:
        return self.has_app or self.passkeys > 0


def overview_of(user: User) -> Overview:
    factors = list(Authenticator.objects.filter(user=user))
    types = [one.type for one in factors]
    codes = next((one for one in factors if one.type == Authenticator.Type.RECOVERY_CODES), None)
    return Overview(
        email=user.email,
        is_verified=EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists(),
        has_password=user.has_usable_password(),
        has_app=Authenticator.Type.TOTP in types,
        passkeys=types.count(Authenticator.Type.WEBAUTHN),
        recovery_codes=len(codes.wrap().get_unused_codes()) if codes else 0,
        sessions=UserSession.objects.filter(user=user).count(),
        connected=[str(one.get_provider_account()) for one in SocialAccount.objects.filter(user=user)],
        can_connect=bool(settings.OIDC_PROVIDERS),
    )
