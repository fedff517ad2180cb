"""How far a text is reviewed: what may follow, and what closes it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class ReviewStatus(models.TextChoices):
    """`final` locks: nobody changes the text until it is opened again."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    FINAL = "final", _("Final")
