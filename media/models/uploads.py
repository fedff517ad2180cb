"""Uploads under way, and objects that must go."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.common.models import BaseModel
from organizations.tenancy import OrganizationOwned


class UploadSession(OrganizationOwned):
    """One file on its way into storage; its parts are known to the storage, not to us."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        COMPLETED = "completed", _("Completed")
        ABORTED = "aborted", _("Aborted")

    class Strategy(models.TextChoices):
        SINGLE = "single", _("One request")
        MULTIPART = "multipart", _("In parts")

    recording = models.OneToOneField(
        "media.Recording", verbose_name=_("recording"), on_delete=models.CASCADE, related_name="upload"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.OPEN)
    strategy = models.CharField(_("strategy"), max_length=10, choices=Strategy.choices)
    storage_upload_id = models.CharField(_("storage's upload id"), max_length=1024, blank=True)
    part_size = models.PositiveBigIntegerField(_("part size in bytes"))
    part_count = models.PositiveIntegerField(_("number of parts"))
    declared_size = models.PositiveBigIntegerField(_("declared size in bytes"))
    declared_sha256 = models.CharField(_("declared SHA-256"), max_length=64, blank=True)
    expires_at = models.DateTimeField(_("expires"))

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["expires_at"], name="upload_expiry", condition=models.Q(status="open"))]

    def __str__(self) -> str:
        return f"{self.strategy} {self.status}"


class StoragePurge(BaseModel):
    """Objects that a sweeper must delete: all under `prefix`, or the one of that key where it ends in no slash.

    No tenant column: it outlives its organization.
    """

    prefix = models.CharField(_("prefix"), max_length=500)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("storage purge")
        verbose_name_plural = _("storage purges")
        ordering = ("created_at", "id")

    def __str__(self) -> str:
        return self.prefix
