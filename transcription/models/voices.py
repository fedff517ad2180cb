"""Voices that an organization knows again. No vector exists without its consent: every one points to it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from organizations.tenancy import Made, OrganizationOwned


class VoiceConsent(OrganizationOwned):
    """That the organization may keep voices. It is switched off by deleting the row, and all below goes with it."""

    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("given by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    note = models.CharField(_("note"), max_length=500, help_text=_("How the speakers were asked."))

    class Meta:
        verbose_name = _("consent to voice profiles")
        verbose_name_plural = _("consents to voice profiles")
        ordering = ("created_at", "id")
        constraints = [models.UniqueConstraint(fields=["organization"], name="voice_consent_once")]

    def __str__(self) -> str:
        return str(self.organization_id)


class Voiceprint(OrganizationOwned):
    """How a voice sounds to one model; only vectors of the same model compare."""

    model = models.CharField(_("voice model"), max_length=200)
    vector = ArrayField(models.FloatField(), verbose_name=_("vector"))
    speech_ms = models.PositiveBigIntegerField(_("speech in ms"))

    class Meta:
        abstract = True


class VoiceVector(Voiceprint):
    """The voice of one speaker of one job, as a vector of unit length that only compares within its model."""

    consent = models.ForeignKey(
        VoiceConsent, verbose_name=_("consent"), on_delete=models.CASCADE, related_name="vectors"
    )
    job = models.ForeignKey(
        "transcription.Job", verbose_name=_("job"), on_delete=models.CASCADE, related_name="voice_vectors"
    )
    label = models.CharField(_("label"), max_length=40)
    speaker = models.OneToOneField(
        "transcription.Speaker",
        verbose_name=_("speaker"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="voice",
    )

    class Meta:
        verbose_name = _("voice vector")
        verbose_name_plural = _("voice vectors")
        ordering = ("created_at", "id")
        indexes = [models.Index(fields=["organization", "model"], name="voice_vector_model")]
        constraints = [models.UniqueConstraint(fields=["job", "label"], name="voice_vector_once")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.label}"


class VoiceProfile(Made):
    """A person whose voice is known."""

    consent = models.ForeignKey(
        VoiceConsent, verbose_name=_("consent"), on_delete=models.CASCADE, related_name="profiles"
    )
    name = models.CharField(_("name"), max_length=200)
    matched_at = models.DateTimeField(
        _("looked for"), null=True, blank=True, help_text=_("Empty: the recordings wait to be looked through for it.")
    )

    class Meta:
        verbose_name = _("voice profile")
        verbose_name_plural = _("voice profiles")
        ordering = ("name", "id")
        indexes = [models.Index(fields=["created_at"], name="voice_profile_waits", condition=Q(matched_at=None))]

    def __str__(self) -> str:
        return self.name


class VoiceSample(Voiceprint):
    """A voice that a person said is this profile's; it outlives the recording, but not the profile."""

    profile = models.ForeignKey(
        VoiceProfile, verbose_name=_("profile"), on_delete=models.CASCADE, related_name="samples"
    )
    speaker = models.ForeignKey(
        "transcription.Speaker",
        verbose_name=_("speaker"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("voice sample")
        verbose_name_plural = _("voice samples")
        ordering = ("created_at", "id")
        constraints = [models.UniqueConstraint(fields=["profile", "speaker"], name="voice_sample_once")]

    def __str__(self) -> str:
        return str(self.pk)


class MatchState(models.TextChoices):
    SUGGESTED = "suggested", _("Suggested")
    ACCEPTED = "accepted", _("Accepted")
    REJECTED = "rejected", _("Rejected")


class VoiceMatch(OrganizationOwned):
    """That a speaker of a transcript may be, is, or is not the person of a profile."""

    profile = models.ForeignKey(
        VoiceProfile, verbose_name=_("profile"), on_delete=models.CASCADE, related_name="matches"
    )
    speaker = models.ForeignKey(
        "transcription.Speaker", verbose_name=_("speaker"), on_delete=models.CASCADE, related_name="matches"
    )
    score = models.FloatField(
        _("likeness"), null=True, blank=True, help_text=_("Cosine; empty where a person said so unasked.")
    )
    state = models.CharField(_("decision"), max_length=10, choices=MatchState.choices)
    former_name = models.CharField(_("name before"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("voice match")
        verbose_name_plural = _("voice matches")
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["organization", "state", "-created_at"], name="voice_match_list")]
        constraints = [
            models.UniqueConstraint(fields=["profile", "speaker"], name="voice_match_once"),
            models.UniqueConstraint(
                fields=["speaker"], condition=Q(state=MatchState.ACCEPTED), name="voice_match_one_person"
            ),
            models.CheckConstraint(condition=Q(state__in=MatchState.values), name="voice_match_known_state"),
        ]

    def __str__(self) -> str:
        return f"{self.speaker_id} {self.state}"
