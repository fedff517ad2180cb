"""Making an API key in the browser."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.common.clock import now
from config.common.days import DayField
from organizations.roles import SCOPES

MOST_MINUTES, MOST_REQUESTS = 24 * 60, 1_000_000


class KeyForm(forms.Form):
    """A name is enough; everything else narrows what the key may do."""

    name = forms.CharField(
        label=gettext_lazy("What the key is for"),
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("What it is for")}),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Only this (none ticked: all that a member may)"),
        required=False,
        choices=[(scope, scope) for scope in sorted(SCOPES)],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "tick"}),
    )
    requests_per_minute = forms.IntegerField(
        label=gettext_lazy("Requests a minute, at most"), required=False, min_value=1, max_value=MOST_REQUESTS
    )
    max_billable_minutes = forms.IntegerField(
        label=gettext_lazy("Billed minutes of one job, at most"), required=False, min_value=1, max_value=MOST_MINUTES
    )
    expires_on = DayField(label=gettext_lazy("Works until the end of"))

    def clean_expires_on(self) -> datetime | None:
        """The last second of that day where the person is."""
        day = self.cleaned_data["expires_on"]
        moment = timezone.make_aware(datetime.combine(day, time.max)) if day else None
        if moment and moment <= now():
            raise forms.ValidationError(_("The key would already have expired. Give a later day."))
        return moment

    def limit_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("requests_per_minute", "max_billable_minutes", "expires_on")]

    def values(self) -> dict[str, Any]:
        """The arguments of `api_keys.create`."""
        data = self.cleaned_data
        minutes = data["max_billable_minutes"]
        return {
            "name": data["name"].strip(),
            "scopes": data["scopes"],
            "expires_at": data["expires_on"],
            "requests_per_minute": data["requests_per_minute"],
            "max_billable_seconds": minutes and minutes * 60,
        }
