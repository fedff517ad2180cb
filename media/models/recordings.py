"""A recording: one audio or video file of an organization, and what we found out about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import ExpressionWrapper, F, Value
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from media.states import AT_REST, RecordingStatus
from organizations.tenancy import OrganizationOwned, OrganizationQuerySet


class RecordingQuerySet(OrganizationQuerySet):
    def kept(self) -> Self:
        """Without those in the trash."""
        return self.exclude(status=RecordingStatus.DELETED)

    def trashed(self) -> Self:
        return self.filter(status=RecordingStatus.DELETED)

    def past_audio_retention(self) -> Self:
        """At rest, still with their files, and older than their project or else their organization lets audio be."""
        days = Coalesce("project__audio_retention_days", "organization__audio_retention_days")
        resting = self.filter(status__in=AT_REST, audio_purged_at=None).annotate(kept_days=days)
        kept = ExpressionWrapper(F("kept_days") * Value(timedelta(days=1)), output_field=models.DurationField())
        return resting.filter(kept_days__isnull=False, created_at__lte=Now() - kept)

    def without_uploads(self) -> Self:
        """Without files that people are sending; those that we fetch ourselves are shown from the start."""
        return self.exclude(status=RecordingStatus.UPLOADING, url_import=None)

    def unfinished_probes(self) -> Self:
        """Waiting for a worker to look at them."""
        return self.filter(status=RecordingStatus.PROBING)


class Recording(OrganizationOwned):
    project = models.ForeignKey(
        "media.Project",
        verbose_name=_("project"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="recordings",
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("uploaded by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    uploaded_with = models.ForeignKey(
        "organizations.ApiKey",
        verbose_name=_("uploaded with the key"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    status = models.CharField(
        _("status"), max_length=10, choices=RecordingStatus.choices, default=RecordingStatus.UPLOADING
    )
    status_before_delete = models.CharField(_("status before deletion"), max_length=10, blank=True)
    reason = models.CharField(_("reason"), max_length=40, blank=True, help_text=_("Why it was rejected."))
    reason_detail = models.CharField(_("reason in words"), max_length=500, blank=True)
    name = models.CharField(_("name"), max_length=255)
    description = models.TextField(_("description"), max_length=10_000, blank=True)
    tags = models.ManyToManyField("media.Tag", verbose_name=_("tags"), blank=True, related_name="recordings")

    filename = models.CharField(_("file name"), max_length=255, help_text=_("As it was uploaded."))
    content_type = models.CharField(_("content type"), max_length=100, blank=True)
    size = models.PositiveBigIntegerField(_("size in bytes"), default=0)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    duplicate_of = models.ForeignKey(
        "self", verbose_name=_("same file as"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    duration_ms = models.PositiveBigIntegerField(_("duration in ms"), null=True, blank=True)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    has_playback_copy = models.BooleanField(_("has a playback copy"), default=False)
    has_waveform = models.BooleanField(_("has a waveform"), default=False)

    probe_attempt = models.PositiveSmallIntegerField(_("probe attempts"), default=0)
    probe_lease_until = models.DateTimeField(_("probe lease"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    audio_purged_at = models.DateTimeField(
        _("audio gone"), null=True, blank=True, help_text=_("By a rule of retention. Its transcripts stay.")
    )

    objects: ClassVar[Any] = RecordingQuerySet.as_manager()

    class Meta:
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="recording_list"),
            models.Index(fields=["organization", "sha256"], name="recording_duplicates"),
            models.Index(fields=["probe_lease_until"], name="recording_probes", condition=models.Q(status="probing")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=RecordingStatus.values), name="recording_status_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(status="ready") | models.Q(duration_ms__isnull=False),
                name="recording_ready_has_duration",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def prefix(self) -> str:
        """Where everything of this recording lies. SECURITY: no text of a user is ever part of a key."""
        return f"org/{self.organization_id}/rec/{self.pk}/"

    @property
    def has_audio(self) -> bool:
        """It can be played and transcribed."""
        return self.status == RecordingStatus.READY and self.audio_purged_at is None

    @property
    def source_key(self) -> str:
        return self.prefix + "source"

    @property
    def playback_key(self) -> str:
        """The file a browser plays: a copy where the source is not playable."""
        return self.prefix + "playback.m4a" if self.has_playback_copy else self.source_key

    @property
    def waveform_key(self) -> str:
        return self.prefix + "waveform.json"
