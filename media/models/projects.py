"""How people sort their recordings."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.tenancy import OrganizationOwned


class Project(OrganizationOwned):
    """A folder of recordings, with defaults for their jobs."""

    name = models.CharField(_("name"), max_length=200)
    defaults = models.JSONField(_("job defaults"), default=dict, blank=True)
    audio_retention_days = models.PositiveIntegerField(
        _("audio is kept for days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: as the organization says."),
    )
    transcript_retention_days = models.PositiveIntegerField(
        _("transcripts are kept for days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: as the organization says."),
    )

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="project_name_once"),
            models.CheckConstraint(
                condition=~models.Q(audio_retention_days=0) & ~models.Q(transcript_retention_days=0),
                name="project_retention_is_a_day_at_least",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Tag(OrganizationOwned):
    name = models.CharField(_("name"), max_length=60)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("name", "id")
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="tag_name_once")]

    def __str__(self) -> str:
        return self.name
