"""What people say about a text, at a moment of it, and what they mark in it.

Both hold on to times and not to lines: a split, a merge or an undo moves lines about, the sound stays where it is.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from organizations.tenancy import OrganizationQuerySet
from transcription.models.authored import Authored

LONGEST_COMMENT = 5000
LONGEST_NOTE = 500


class CommentQuerySet(OrganizationQuerySet):
    def threads(self) -> Self:
        """First comments in the order of their moments, with people and answers at hand."""
        people = ("author", "author_key", "resolved_by")
        replies = Prefetch("replies", Comment.objects.select_related(*people).order_by("created_at", "id"))
        return self.filter(parent=None).select_related(*people).prefetch_related(replies)


class Comment(Authored):
    """A comment, or with `parent` an answer to one; answers have no answers."""

    transcript = models.ForeignKey(
        "transcription.Transcript", verbose_name=_("transcript"), on_delete=models.CASCADE, related_name="comments"
    )
    parent = models.ForeignKey(
        "self", verbose_name=_("answer to"), on_delete=models.CASCADE, null=True, blank=True, related_name="replies"
    )
    at_ms = models.PositiveBigIntegerField(_("moment in ms"))
    text = models.TextField(_("text"), max_length=LONGEST_COMMENT)
    mentions = models.JSONField(_("mentions"), default=list, blank=True, help_text=_("Ids of people."))
    edited_at = models.DateTimeField(_("changed"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("resolved by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    objects: ClassVar[Any] = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ("at_ms", "created_at", "id")
        indexes = [models.Index(fields=["transcript", "at_ms", "created_at"], name="comment_list")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(parent=None) | models.Q(resolved_at=None), name="comment_answers_stay_open"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class HighlightColour(models.TextChoices):
    YELLOW = "yellow", _("Yellow")
    GREEN = "green", _("Green")
    BLUE = "blue", _("Blue")
    PINK = "pink", _("Pink")


class Highlight(Authored):
    transcript = models.ForeignKey(
        "transcription.Transcript", verbose_name=_("transcript"), on_delete=models.CASCADE, related_name="highlights"
    )
    start_ms = models.PositiveBigIntegerField(_("start in ms"))
    end_ms = models.PositiveBigIntegerField(_("end in ms"))
    colour = models.CharField(
        _("colour"), max_length=10, choices=HighlightColour.choices, default=HighlightColour.YELLOW
    )
    note = models.CharField(_("note"), max_length=LONGEST_NOTE, blank=True)

    class Meta:
        verbose_name = _("highlight")
        verbose_name_plural = _("highlights")
        ordering = ("start_ms", "end_ms", "id")
        indexes = [models.Index(fields=["transcript", "start_ms"], name="highlight_list")]
        constraints = [
            models.CheckConstraint(condition=models.Q(end_ms__gt=models.F("start_ms")), name="highlight_has_length"),
            models.CheckConstraint(
                condition=models.Q(colour__in=HighlightColour.values), name="highlight_known_colour"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
