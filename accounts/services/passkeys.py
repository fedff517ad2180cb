"""The passkeys of a person. They are added in the browser, which alone can make them."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from allauth.account.adapter import get_adapter
from allauth.mfa.base.internal.flows import delete_and_cleanup
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest

from accounts.models import User
from accounts.services.proof import prove


def of(user: User) -> list[Authenticator]:
    """The newest first."""
    return list(
        Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).order_by("-created_at", "-pk")
    )


def public_id(one: Authenticator) -> UUID:
    """What the API calls a passkey: the row's own id would tell how many there are in all."""
    return uuid5(NAMESPACE_URL, f"tadwin:passkey:{one.user_id}:{one.pk}")


def remove(*, request: HttpRequest, user: User, passkey_id: UUID, password: str = "", code: str = "") -> bool:
    """Whether there was such a passkey. Recovery codes go with the last second factor; the person gets a mail.

    Raises Invalid naming `password` or `code`, or TooManyRequests.
    """
    found = next((one for one in of(user) if public_id(one) == passkey_id), None)
    if found is None:
        return False
    prove(request=request, user=user, password=password, code=code)
    with transaction.atomic():
        delete_and_cleanup(request, found)
        get_adapter(request).send_notification_mail("mfa/email/webauthn_removed", user)
    return True
