"""How well a transcript agreed with a text that people trust."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.tenancy import Made


class Evaluation(Made):
    """One comparison. Both texts are kept, as the transcript may be edited later; the alignment is made out of them."""

    transcript = models.ForeignKey(
        "transcription.Transcript", verbose_name=_("transcript"), on_delete=models.CASCADE, related_name="evaluations"
    )
    engine = models.CharField(_("engine"), max_length=40)
    model = models.CharField(_("model"), max_length=200)
    language = models.CharField(_("language"), max_length=8, blank=True)
    dialect = models.CharField(_("dialect"), max_length=40, blank=True)
    transcript_version = models.PositiveIntegerField(_("version of the transcript"), default=0)
    folding = models.JSONField(_("what made no difference"), default=dict)
    reference = models.TextField(_("reference"))
    hypothesis = models.TextField(_("transcript's text"))
    wer = models.FloatField(_("word error rate"))
    cer = models.FloatField(_("character error rate"))
    words = models.PositiveIntegerField(_("words of the reference"))
    substitutions = models.PositiveIntegerField(_("wrong words"))
    insertions = models.PositiveIntegerField(_("added words"))
    deletions = models.PositiveIntegerField(_("missing words"))

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = ("-created_at", "-id")
        indexes = [models.Index(fields=["organization", "-created_at", "-id"], name="evaluation_list")]

    def __str__(self) -> str:
        return f"{self.transcript_id} {self.wer:.1%}"
