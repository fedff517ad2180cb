"""Who was asked to join."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.common.clock import now
from organizations.roles import Role
from organizations.tenancy import OrganizationOwned, OrganizationQuerySet


class InvitationQuerySet(OrganizationQuerySet):
    def open(self) -> Self:
        """Neither accepted nor revoked; they may have expired, and then can be sent again."""
        return self.filter(accepted_at=None, revoked_at=None)


class Invitation(OrganizationOwned):
    """A place in an organization, kept for one address. SECURITY: its token is in the mail alone, here is its hash."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        EXPIRED = "expired", _("Expired")
        ACCEPTED = "accepted", _("Accepted")
        REVOKED = "revoked", _("Revoked")

    email = models.EmailField(_("email"))
    role = models.CharField(_("role"), max_length=10, choices=[(role.value, role.value) for role in Role])
    token_hash = models.CharField(_("hash"), max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("invited by"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("accepted by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment] # no manager to the stubs

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once",
            ),
            models.CheckConstraint(condition=models.Q(role__in=[r.value for r in Role]), name="invitation_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.role}"

    @property
    def status(self) -> Invitation.Status:
        if self.revoked_at is not None:
            return self.Status.REVOKED
        if self.accepted_at is not None:
            return self.Status.ACCEPTED
        return self.Status.EXPIRED if self.expires_at <= now() else self.Status.PENDING
