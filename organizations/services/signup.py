"""Signing up: a person, their address and their organization, or none of the three."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from config.common.errors import Conflict
from organizations.models import Organization
from organizations.services import organizations
from organizations.services.settings import clean_name


@dataclass(frozen=True, slots=True)
class SignedUp:
    user: User
    organization: Organization


@transaction.atomic
def sign_up(*, email: str, password: str, first_name: str, last_name: str, organization_name: str) -> SignedUp:
    """Raises Conflict `email_taken` when somebody has the address already."""
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, first_name=first_name, last_name=last_name)
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    except IntegrityError:
        raise Conflict(_("An account with this address exists. Sign in instead."), error_type="email_taken") from None
    return SignedUp(user, organizations.create(name=organization_name, owner=user))


def look_alike(*, email: str, password: str, first_name: str, last_name: str, organization_name: str) -> SignedUp:
    """What `sign_up` would have made, with random ids, never saved: the answer that hides that an address is known."""
    # SECURITY: hashing is most of the time that a real sign-up takes; without it the clock would tell.
    user = User(email=User.objects.normalize_email(email), password=make_password(password))
    user.first_name, user.last_name = first_name, last_name
    name = clean_name(organization_name)
    return SignedUp(user, Organization(name=name, slug=organizations.free_slug(name)))


def is_known(email: str) -> bool:
    address = User.objects.normalize_email(email)
    if User.objects.filter(email=address).exists():
        return True
    return bool(EmailAddress.objects.filter(email=address, verified=True).exists())
