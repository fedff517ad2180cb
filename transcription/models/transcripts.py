"""The current text of a finished job. The machine's own result is one immutable object in storage beside it."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from organizations.tenancy import OrganizationOwned, OrganizationQuerySet
from transcription.asr.text.normalize import search_fold
from transcription.editing import places
from transcription.editing.voices import COLOURS, colour_of, number_of
from transcription.models.reviews import ReviewStatus
from transcription.models.search import CONFIG

# Positions are sparse, so that a split finds room between two lines without renumbering the rest.
POSITION_STEP = places.STEP


class Transcript(OrganizationOwned):
    job = models.OneToOneField(
        "transcription.Job", verbose_name=_("job"), on_delete=models.CASCADE, related_name="transcript"
    )
    recording = models.ForeignKey(
        "media.Recording", verbose_name=_("recording"), on_delete=models.CASCADE, related_name="transcripts"
    )
    language = models.CharField(_("language"), max_length=8, blank=True)
    language_confidence = models.FloatField(_("confidence of the language"), null=True, blank=True)
    duration_ms = models.PositiveBigIntegerField(_("duration in ms"))
    segment_count = models.PositiveIntegerField(_("segments"), default=0)
    version = models.PositiveIntegerField(
        _("version"), default=0, help_text=_("Number of the last edit; 0 is the machine's.")
    )
    status = models.CharField(_("review"), max_length=10, choices=ReviewStatus.choices, default=ReviewStatus.DRAFT)
    status_at = models.DateTimeField(_("review changed"), null=True, blank=True)
    status_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("review changed by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    status_with = models.ForeignKey(
        "organizations.ApiKey",
        verbose_name=_("review changed with"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    told_at = models.DateTimeField(
        _("webhooks told"), null=True, editable=False, help_text=_("Edits before this moment need no message more.")
    )
    result_key = models.CharField(_("machine's result"), max_length=500, editable=False)
    metrics = models.JSONField(_("figures"), default=dict, blank=True)
    provenance = models.JSONField(_("how it was made"), default=dict, blank=True)

    class Meta:
        verbose_name = _("transcript")
        verbose_name_plural = _("transcripts")
        ordering = ("-created_at", "-id")
        constraints = [
            models.CheckConstraint(condition=models.Q(status__in=ReviewStatus.values), name="transcript_known_status")
        ]

    def __str__(self) -> str:
        return f"{self.recording_id} ({self.language})"

    @property
    def is_locked(self) -> bool:
        return self.status == ReviewStatus.FINAL


def shown_name(name: str, label: str) -> str:
    """What people read: the name they gave; else "Speaker 1" for S1, in the language that is active."""
    number = number_of(label)
    return name or (label if number is None else gettext("Speaker {number}").format(number=number))


class Speaker(OrganizationOwned):
    transcript = models.ForeignKey(
        Transcript, verbose_name=_("transcript"), on_delete=models.CASCADE, related_name="speakers"
    )
    profile = models.ForeignKey(
        "transcription.VoiceProfile",
        verbose_name=_("voice profile"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="speakers",
    )
    label = models.CharField(_("label"), max_length=40, help_text=_("As the machine called them: S1, S2 …"))
    name = models.CharField(_("name"), max_length=200, blank=True)
    colour = models.PositiveSmallIntegerField(
        _("colour"), null=True, blank=True, help_text=_("1 to 8; by its label where empty.")
    )

    class Meta:
        verbose_name = _("speaker")
        verbose_name_plural = _("speakers")
        ordering = ("label", "id")
        constraints = [
            models.UniqueConstraint(fields=["transcript", "label"], name="speaker_label_once"),
            models.CheckConstraint(condition=models.Q(colour__range=(1, COLOURS)), name="speaker_known_colour"),
        ]

    def __str__(self) -> str:
        return shown_name(self.name, self.label)

    @property
    def shown_colour(self) -> int:
        """1 to 8."""
        return colour_of(self.label, self.colour)


class SegmentQuerySet(OrganizationQuerySet):
    def between(self, from_ms: int | None, to_ms: int | None) -> Self:
        """Those that are heard at some moment in [from_ms, to_ms); None leaves that side open."""
        rows = self if from_ms is None else self.filter(end_ms__gt=from_ms)
        return rows if to_ms is None else rows.filter(start_ms__lt=to_ms)


class Segment(OrganizationOwned):
    """One line of the transcript. Its `version` is one more than the number of the operation that last changed it.

    `words` are lists [text, start_ms, end_ms, confidence, speaker's label, interpolated].
    """

    transcript = models.ForeignKey(
        Transcript, verbose_name=_("transcript"), on_delete=models.CASCADE, related_name="segments"
    )
    speaker = models.ForeignKey(
        Speaker, verbose_name=_("speaker"), on_delete=models.SET_NULL, null=True, blank=True, related_name="segments"
    )
    position = models.BigIntegerField(_("position"))
    version = models.PositiveIntegerField(_("version"), default=1)
    start_ms = models.PositiveBigIntegerField(_("start in ms"))
    end_ms = models.PositiveBigIntegerField(_("end in ms"))
    text = models.TextField(_("text"))
    language = models.CharField(_("language"), max_length=8, blank=True)
    confidence = models.FloatField(_("confidence"), null=True, blank=True)
    words = models.JSONField(_("words"), default=list, blank=True)
    flags = models.JSONField(_("flags"), default=list, blank=True)
    edited = models.BooleanField(_("edited"), default=False)
    search_text = models.TextField(_("folded text"), editable=False)
    search_vector = models.GeneratedField(
        expression=SearchVector("search_text", config=CONFIG), output_field=SearchVectorField(), db_persist=True
    )

    objects: ClassVar[Any] = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ("transcript", "position")
        indexes = [
            GinIndex(fields=["search_vector"], name="segment_search"),
            models.Index(fields=["transcript", "start_ms"], name="segment_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["transcript", "position"], name="segment_position_once"),
            models.CheckConstraint(
                condition=models.Q(end_ms__gte=models.F("start_ms")), name="segment_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @classmethod
    def folded(cls, *, text: str, **fields: Any) -> Segment:
        """A new row with `search_text` set from `text`: the only way to make one."""
        return cls(text=text, search_text=search_fold(text), **fields)

    def set_text(self, text: str) -> None:
        """Change `text`, and `search_text` with it."""
        self.text = text
        self.search_text = search_fold(text)
