"""Forms of the settings. They shape input; what is allowed, the services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from config.common.errors import ApplicationError, FieldError
from organizations import job_defaults
from organizations.models import Organization
from organizations.roles import ROLE_NAMES, Role
from organizations.services.settings import LONGEST_NAME, LONGEST_RETENTION

AS_USUAL = _("As usual")
LABELS = {
    "language": _("Language"),
    "dialect": _("Dialect of Arabic"),
    "mode": _("Speakers"),
    "engine": _("Engine"),
    "model": _("Model"),
}


class DefaultsForm(forms.Form):
    """How jobs run where their request says nothing; an empty field says nothing either."""

    def __init__(self, *args: Any, defaults: dict[str, Any] | None = None, **kwargs: Any) -> None:
        known = defaults or {}
        kwargs["initial"] = {**{name: known.get(name) or "" for name in LABELS}, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        offered = job_defaults.choices()
        for name, label in LABELS.items():
            values = _with_current(offered.get(name, []), known.get(name))
            self.fields[name] = forms.ChoiceField(label=label, required=False, choices=[("", AS_USUAL), *values])

    def defaults(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in LABELS if self.cleaned_data.get(name)}

    def take(self, refusal: ApplicationError) -> None:
        """Put what a service refused beside the fields that it names, or above them all."""
        for error in refusal.errors or (FieldError("", refusal.detail),):
            name = error.field.removeprefix("defaults.")
            self.add_error(name if name in self.fields else None, error.message)


class GeneralForm(DefaultsForm):
    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME)
    allowed_email_domains = forms.CharField(
        label=_("Email domains that may join"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "example.com, example.org", "dir": "ltr"}),
        help_text=_("Separated by commas. Empty: any. Who is a member already, stays."),
    )
    require_mfa = forms.BooleanField(label=_("Require two-step sign-in of every member"), required=False)

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        initial = {
            "name": organization.name,
            "allowed_email_domains": ", ".join(organization.allowed_email_domains),
            "require_mfa": organization.require_mfa,
        }
        super().__init__(*args, defaults=organization.defaults, initial=initial, **kwargs)

    def changes(self) -> dict[str, Any]:
        data = self.cleaned_data
        domains = data["allowed_email_domains"].replace("،", ",").replace("\n", ",").split(",")
        return {
            "name": data["name"],
            "allowed_email_domains": [one for one in domains if one.strip()],
            "require_mfa": data["require_mfa"],
            "defaults": self.defaults(),
        }


def days_field(label: Any, help_text: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=1, max_value=LONGEST_RETENTION, help_text=help_text
    )


class RetentionForm(forms.Form):
    audio_retention_days = days_field(
        _("Keep audio for (days)"), _("Counted from the upload. Empty: for ever. Transcripts stay.")
    )
    transcript_retention_days = days_field(
        _("Keep transcripts for (days)"), _("Counted from when a transcript was made. Empty: for ever.")
    )


class InviteForm(forms.Form):
    email = forms.EmailField(
        label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off", "dir": "ltr"})
    )
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = forms.ChoiceField(
            label=_("Role"), choices=[(role.value, ROLE_NAMES[role]) for role in roles], initial=Role.MEMBER
        )


class NewAccountForm(forms.Form):
    """For somebody who was invited and has no account yet."""

    first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


def _with_current(values: list[tuple[str, Any]], current: Any) -> list[tuple[str, Any]]:
    """A value that the API set, or that is not offered any more, must not get lost when the form is saved."""
    known = {value for value, _name in values}
    return values if not current or current in known else [*values, (current, current)]
