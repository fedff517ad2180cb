"""A transcript that may be read by whoever has its link."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.common.clock import now
from media.states import RecordingStatus
from organizations.tenancy import Made, OrganizationQuerySet


class ShareQuerySet(OrganizationQuerySet):
    def open(self) -> Self:
        """Neither revoked nor expired, of a recording and an organization that are not deleted."""
        fresh = Q(expires_at=None) | Q(expires_at__gt=now())
        rows = self.filter(fresh, revoked_at=None, organization__deleted_at=None)
        return rows.exclude(transcript__recording__status=RecordingStatus.DELETED)


class TranscriptShare(Made):
    transcript = models.ForeignKey(
        "transcription.Transcript", verbose_name=_("transcript"), on_delete=models.CASCADE, related_name="shares"
    )
    name = models.CharField(_("name"), max_length=100, blank=True, help_text=_("Only its own people see it."))
    # SECURITY: only the hash of the link is kept. The link is random, so that a fast hash is right.
    token_hash = models.CharField(_("hash"), max_length=64, unique=True, editable=False)
    password = models.CharField(_("password's hash"), max_length=200, blank=True, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    allow_download = models.BooleanField(_("may be downloaded"), default=False)
    show_speakers = models.BooleanField(_("shows the speakers' names"), default=True)
    view_count = models.PositiveIntegerField(_("opened"), default=0)
    last_viewed_at = models.DateTimeField(_("last opened"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects: ClassVar[Any] = ShareQuerySet.as_manager()

    class Meta:
        verbose_name = _("share link")
        verbose_name_plural = _("share links")
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["transcript", "-created_at", "-id"], name="share_list")]

    def __str__(self) -> str:
        return self.name or str(self.pk)

    @property
    def is_open(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now())
