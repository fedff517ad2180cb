"""Words of an organization: what to listen for, how to write it, and how each dialect is prompted."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from organizations.tenancy import OrganizationOwned
from transcription.asr.text.dialects import DIALECTS

LONGEST_ENTRY = 100
LEAST_BOOST, USUAL_BOOST, MOST_BOOST = 1, 5, 10


class Glossary(OrganizationOwned):
    """The words of the whole organization, or of one project, whose entries then come before them."""

    project = models.OneToOneField(
        "media.Project",
        verbose_name=_("project"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="glossary",
    )

    class Meta:
        verbose_name = _("glossary")
        verbose_name_plural = _("glossaries")
        ordering = ("created_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], condition=models.Q(project__isnull=True), name="glossary_one_for_all"
            )
        ]

    def __str__(self) -> str:
        return str(self.project or self.organization)


class GlossaryEntry(OrganizationOwned):
    """A term to listen for; or, with a replacement, words of the recognizer and what is written for them."""

    glossary = models.ForeignKey(Glossary, verbose_name=_("glossary"), on_delete=models.CASCADE, related_name="entries")
    text = models.CharField(_("term"), max_length=LONGEST_ENTRY)
    replacement = models.CharField(_("written as"), max_length=LONGEST_ENTRY, blank=True)
    boost = models.PositiveSmallIntegerField(
        _("boost"),
        default=USUAL_BOOST,
        validators=[MinValueValidator(LEAST_BOOST), MaxValueValidator(MOST_BOOST)],
        help_text=_("1 to 10. Where not all terms fit, those with more come first."),
    )

    class Meta:
        verbose_name = _("glossary entry")
        verbose_name_plural = _("glossary entries")
        ordering = ("text", "id")
        constraints = [
            models.UniqueConstraint("glossary", Lower("text"), name="glossary_entry_once"),
            models.CheckConstraint(
                condition=models.Q(boost__gte=LEAST_BOOST) & models.Q(boost__lte=MOST_BOOST),
                name="glossary_entry_boost_in_range",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class RejectedProposal(OrganizationOwned):
    """A correction that people made several times and do not want in the glossary; both sides folded."""

    said = models.CharField(_("as heard"), max_length=LONGEST_ENTRY)
    written = models.CharField(_("as corrected"), max_length=LONGEST_ENTRY)

    class Meta:
        verbose_name = _("rejected proposal")
        verbose_name_plural = _("rejected proposals")
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(fields=["organization", "said", "written"], name="rejected_proposal_once")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class DialectPreset(OrganizationOwned):
    """What an organization wrote over one of our dialects; without a row ours counts."""

    code = models.CharField(_("dialect"), max_length=40, choices=[(code, one.name) for code, one in DIALECTS.items()])
    prompt = models.TextField(_("prompt"), blank=True)
    vocabulary = models.JSONField(_("vocabulary"), default=list, blank=True)
    notes = models.TextField(_("notes"), blank=True)

    class Meta:
        verbose_name = _("dialect preset")
        verbose_name_plural = _("dialect presets")
        ordering = ("code", "id")
        constraints = [
            models.UniqueConstraint(fields=["organization", "code"], name="dialect_preset_once"),
            models.CheckConstraint(condition=models.Q(code__in=list(DIALECTS)), name="dialect_preset_known"),
        ]

    def __str__(self) -> str:
        return self.code
