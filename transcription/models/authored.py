"""Rows that somebody wrote: a person, or a program with an API key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.roles import Action
from organizations.tenancy import Caller, OrganizationOwned

if TYPE_CHECKING:
    from accounts.models import User
    from organizations.models import ApiKey


class Authored(OrganizationOwned):
    """Both are empty where the machine wrote it, or where who did is gone."""

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    author_key = models.ForeignKey(
        "organizations.ApiKey",
        verbose_name=_("written with"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        abstract = True

    @property
    def signer(self) -> User | ApiKey | None:
        """Who is named as its author."""
        signer: User | ApiKey | None = self.author or self.author_key
        return signer

    def is_by(self, caller: Caller) -> bool:
        if caller.user is not None:
            return bool(self.author_id == caller.user.pk)
        return caller.api_key is not None and bool(self.author_key_id == caller.api_key.pk)

    def may_be_changed_by(self, caller: Caller) -> bool:
        return self.is_by(caller) and caller.can(Action.TRANSCRIPTS_WRITE)

    def may_be_deleted_by(self, caller: Caller) -> bool:
        """Its author, and an administrator."""
        return self.may_be_changed_by(caller) or caller.can(Action.TRANSCRIPTS_MANAGE)


def signed_by(caller: Caller | None) -> dict[str, Any]:
    """The fields of an `Authored` row that `caller` writes; without one the machine does."""
    return {"author": caller.user, "author_key": caller.api_key} if caller else {}
