"""Making organizations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from config.common.errors import Unavailable
from organizations import audit
from organizations.models import Membership, Organization
from organizations.roles import Role
from organizations.services.settings import clean_name
from organizations.slugs import base_slug, with_suffix

if TYPE_CHECKING:
    from accounts.models import User

ATTEMPTS = 8


@transaction.atomic
def create(*, name: str, owner: User) -> Organization:
    """A new organization with `owner` as its owner. Its slug is made from the name, whatever its script.

    Raises Invalid naming `name`.
    """
    organization = _insert(clean_name(name))
    Membership.objects.create(organization=organization, user=owner, role=Role.OWNER)
    audit.record(organization=organization, action="organization.created", actor=owner, target=organization)
    return organization


def free_slug(name: str) -> str:
    """A slug that nobody has at this moment."""
    slug = base_slug(name)
    return with_suffix(slug) if Organization.objects.filter(slug=slug).exists() else slug


def _insert(name: str) -> Organization:
    """The unique constraint decides whose slug it is: asking first would lose races."""
    base = base_slug(name)
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return Organization.objects.create(name=name, slug=base if attempt == 0 else with_suffix(base))
        except IntegrityError:
            continue
    raise Unavailable(_("No free short name was found. Please try again."), retry_after=1)
