"""What people may set about themselves in the browser."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import notices, second_factor
from accounts.models import User
from accounts.notices import Channel, Notice

# Each language in its own script, so that whoever landed in a foreign one finds home.
LANGUAGE_NAMES = {"en": "English", "ar": "العربية"}

NOTICE_NAMES = {
    Notice.JOB_COMPLETED: _("A transcript of mine is ready"),
    Notice.JOB_FAILED: _("A transcription of mine failed"),
    Notice.COMMENTS: _("Somebody mentions me or answers my comment"),
    Notice.USAGE_THRESHOLD: _("Most of the included time of an organization that I manage is used"),
}
CHANNEL_NAMES = {Channel.MAIL: _("By mail"), Channel.APP: _("In Tadwin")}


def zone_choices() -> list[tuple[str, str]]:
    """Places by their own names; aliases without a place ("EST5EDT") are left out."""
    places = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in places)]


def language_choices() -> list[tuple[str, Any]]:
    named = [(code, LANGUAGE_NAMES.get(code, code)) for code, _english in settings.LANGUAGES]
    return [("", _("As the browser says")), *named]


class PersonForm(forms.Form):
    """What people are called."""

    first_name = forms.CharField(
        label=_("First name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )


class PreferencesForm(PersonForm):
    language = forms.ChoiceField(label=_("Language"), choices=language_choices, required=False)
    theme = forms.ChoiceField(label=_("Theme"), choices=User.Theme.choices)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices)
    digits = forms.ChoiceField(label=_("Digits in Arabic text"), choices=User.Digits.choices, required=False)
    diacritics = forms.BooleanField(label=_("Show diacritics in Arabic text"), required=False)

    def clean_digits(self) -> str:
        return self.cleaned_data["digits"] or User.Digits.AS_IS


class NoticesForm(forms.Form):
    """A tick for each kind of news and each channel."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for notice, channels in notices.as_json(user).items():
            for channel, on in channels.items():
                field = forms.BooleanField(label=CHANNEL_NAMES[Channel(channel)], required=False, initial=on)
                self.fields[f"{notice}.{channel}"] = field

    def rows(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """`(name of the kind, its ticks)`, as the page shows them."""
        return [(NOTICE_NAMES[notice], [self[f"{notice}.{one}"] for one in Channel]) for notice in Notice]

    def choices(self) -> dict[str, dict[str, bool]]:
        return {notice: {one: self.cleaned_data[f"{notice}.{one}"] for one in Channel} for notice in Notice}


class ProofForm(forms.Form):
    """Asks for what `services.proof` needs of this person, and for no more."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if user.has_usable_password():
            self.fields["password"] = forms.CharField(
                label=_("Your password"),
                max_length=256,
                strip=False,
                widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
            )
        if second_factor.is_on(user):
            self.fields["code"] = forms.CharField(
                label=_("Code"),
                max_length=32,
                help_text=_("From your authenticator app, or a recovery code."),
                widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "dir": "ltr"}),
            )

    def clean(self) -> dict[str, Any]:
        return {"password": "", "code": "", **(super().clean() or {})}


class ChangeEmailForm(ProofForm):
    email = forms.EmailField(
        label=_("New address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"})
    )


class CloseAccountForm(ProofForm):
    pass
