"""Closing an account."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest

from accounts import mail, sessions
from accounts.models import User
from accounts.services.proof import prove
from accounts.signals import account_closing


def close(*, request: HttpRequest, user: User, password: str = "", code: str = "") -> None:
    """Delete the person and all that is theirs alone; what they made for an organization stays, without their name.

    Raises Invalid naming `password` or `code`, TooManyRequests, or Conflict `last_owner`.
    """
    prove(request=request, user=user, password=password, code=code)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        account_closing.send(sender=User, user=user)
        mail.send("account_closed", user)
        sessions.end_others(user)
        user.delete()
