"""The tenant and who belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.common.clock import now
from config.common.models import BaseModel
from organizations.roles import Role
from organizations.tenancy import OrganizationOwned

if TYPE_CHECKING:
    from accounts.models import User


class OrganizationsQuerySet(models.QuerySet["Organization"]):
    def of_user(self, user: User) -> Self:
        """Those the person belongs to, by name."""
        return self.filter(memberships__user=user).order_by("name", "id")

    def due_for_purge(self) -> Self:
        """Deleted, and their grace is over."""
        return self.filter(purge_at__lte=now())


class Organization(BaseModel):
    """The tenant: recordings, jobs, keys and money belong to it, never to a person."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("short name"), max_length=60, unique=True)
    defaults = models.JSONField(_("job defaults"), default=dict, blank=True)
    audio_retention_days = models.PositiveIntegerField(
        _("audio is kept for days"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    transcript_retention_days = models.PositiveIntegerField(
        _("transcripts are kept for days"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    allowed_email_domains = ArrayField(
        models.CharField(max_length=253),
        verbose_name=_("email domains that may join"),
        default=list,
        blank=True,
        help_text=_("Empty: any."),
    )
    require_mfa = models.BooleanField(_("two-step sign-in is required"), default=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    purge_at = models.DateTimeField(_("gone for good"), null=True, blank=True)

    objects = OrganizationsQuerySet.as_manager()

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ("name", "id")
        indexes = [
            models.Index(fields=["purge_at"], name="organization_purges", condition=models.Q(purge_at__isnull=False))
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(deleted_at__isnull=True, purge_at__isnull=True)
                | models.Q(deleted_at__isnull=False, purge_at__isnull=False),
                name="organization_deleted_has_an_end",
            ),
            models.CheckConstraint(
                condition=~models.Q(audio_retention_days=0) & ~models.Q(transcript_retention_days=0),
                name="organization_retention_is_a_day_at_least",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_deleted(self) -> bool:
        """It waits for its end and can still be brought back."""
        return self.deleted_at is not None


class Membership(OrganizationOwned):
    organization = models.ForeignKey(
        Organization, verbose_name=_("organization"), on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=10, choices=[(role.value, role.value) for role in Role])

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ("organization", "created_at")
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="membership_once_per_organization"),
            models.CheckConstraint(condition=models.Q(role__in=[r.value for r in Role]), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"


class OrganizationTombstone(models.Model):
    """That an organization was here, and what went with it: numbers only, nothing about a person."""

    id = models.UUIDField(_("the organization's id"), primary_key=True)
    created_at = models.DateTimeField(_("created"))
    deleted_at = models.DateTimeField(_("deleted"))
    purged_at = models.DateTimeField(_("gone for good"))
    counts = models.JSONField(_("what went"), default=dict)

    class Meta:
        verbose_name = _("former organization")
        verbose_name_plural = _("former organizations")
        ordering = ("-purged_at", "id")

    def __str__(self) -> str:
        return str(self.pk)
