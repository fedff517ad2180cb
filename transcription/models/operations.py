"""The history of a transcript: every edit, by whom, and how to take it back. Rows are only ever added."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from transcription.models.authored import Authored


class OperationKind(models.TextChoices):
    EDIT = "edit", _("Edited a line")
    SPLIT = "split", _("Split a line")
    MERGE = "merge", _("Merged two lines")
    INSERT = "insert", _("Added a line")
    DELETE = "delete", _("Deleted a line")
    ASSIGN = "assign", _("Gave lines to a speaker")
    REPLACE = "replace", _("Found and replaced")
    FLAG = "flag", _("Hid or showed a doubt")
    ACCEPT = "accept", _("Accepted a doubtful place")
    SPEAKER_ADD = "speaker_add", _("Added a speaker")
    SPEAKER_EDIT = "speaker_edit", _("Described a speaker")
    SPEAKER_MERGE = "speaker_merge", _("Merged two speakers")
    SPEAKER_SPLIT = "speaker_split", _("Split a speaker")
    UNDO = "undo", _("Took an edit back")
    RESTORE = "restore", _("Restored an earlier version")
    DIARIZE = "diarize", _("Told speakers apart again")
    REALIGN = "realign", _("Found the times of words again")


class Operation(Authored):
    """`payload`: what was asked for, small. `change`: a `Difference` of transcription.editing as JSON, and `moved`."""

    transcript = models.ForeignKey(
        "transcription.Transcript", verbose_name=_("transcript"), on_delete=models.CASCADE, related_name="operations"
    )
    number = models.PositiveIntegerField(_("number"), help_text=_("The transcript's version after it."))
    kind = models.CharField(_("kind"), max_length=20, choices=OperationKind.choices)
    payload = models.JSONField(_("asked for"), default=dict, blank=True)
    change = models.JSONField(_("change"), editable=False)
    line_count = models.PositiveIntegerField(_("lines"), default=0)
    undoes = models.PositiveIntegerField(_("takes back"), null=True, blank=True)

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        ordering = ("transcript", "-number")
        constraints = [models.UniqueConstraint(fields=["transcript", "number"], name="operation_number_once")]

    def __str__(self) -> str:
        return f"{self.number}: {self.kind}"
