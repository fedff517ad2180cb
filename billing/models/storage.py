"""How many bytes an organization has in storage: a line for each recording that has or will have a file there."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.tenancy import OrganizationOwned


class StoredFile(OrganizationOwned):
    """The bytes of one recording (`key` is its id). The line goes when they do."""

    class Status(models.TextChoices):
        RESERVED = "reserved", _("On its way")
        SETTLED = "settled", _("Stored")

    key = models.UUIDField(_("recording"), unique=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.RESERVED)
    bytes = models.PositiveBigIntegerField(_("bytes"))

    class Meta:
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["organization"], include=["bytes"], name="stored_by_organization")]
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=["reserved", "settled"]), name="stored_status_known")
        ]

    def __str__(self) -> str:
        return str(self.key)
