"""Days that people pick in forms, in their own time zone."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

# Days next to the ends of the calendar have no next day, and none in another zone.
FIRST, LAST = date(2000, 1, 1), date(2200, 1, 1)


class DayField(forms.DateField):
    """An optional day from FIRST to LAST."""

    def __init__(self, *, label: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        bounds = [MinValueValidator(FIRST), MaxValueValidator(LAST)]
        super().__init__(label=label, required=False, widget=widget, validators=bounds)


def midnight(day: date) -> datetime:
    """The first moment of `day` in the zone that is active."""
    return timezone.make_aware(datetime.combine(day, time.min))
