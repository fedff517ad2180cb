"""THE door between tenants: who is calling, for which organization, and which rows that opens.

Every tenant row is `OrganizationOwned`; views reach rows only through `.visible_to(caller)`. A row of another
organization and a row that never was give the same 404.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.common.errors import NotFound, PermissionDenied
from config.common.models import BaseModel
from organizations.roles import Action, Role

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User
    from organizations.models import ApiKey, Organization


@dataclass(frozen=True, slots=True)
class Caller:
    """A person or an API key, acting for one organization."""

    organization: Organization
    actions: frozenset[Action]
    role: Role | None = None
    user: User | None = None
    api_key: ApiKey | None = None

    def can(self, action: Action) -> bool:
        return action in self.actions

    def require(self, action: Action) -> None:
        """Raises PermissionDenied when the caller may not do `action`."""
        if action not in self.actions:
            text = gettext("Your role or key does not allow this. Ask an administrator of the organization.")
            raise PermissionDenied(text)


class OrganizationQuerySet(models.QuerySet[Any]):
    """Parent of every tenant QuerySet."""

    def visible_to(self, caller: Caller) -> Self:
        return self.filter(organization_id=caller.organization.pk)

    def get_or_404(self, pk: UUID | str) -> Any:
        """The row, or NotFound, which does not tell a foreign row from a missing one."""
        try:
            return self.get(pk=pk)
        except (self.model.DoesNotExist, ValidationError, ValueError, TypeError):
            raise NotFound from None


class OrganizationOwned(BaseModel):
    """A row that belongs to one organization, and dies with it."""

    organization = models.ForeignKey(
        "organizations.Organization", verbose_name=_("organization"), on_delete=models.CASCADE, related_name="+"
    )

    objects: ClassVar[Any] = OrganizationQuerySet.as_manager()

    class Meta:
        abstract = True


class Made(OrganizationOwned):
    """A row that remembers who made it, as long as they are here."""

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        abstract = True
