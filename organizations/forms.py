"""Signing up in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.forms import SignupForm as BaseSignupForm
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import PersonForm
from config.common.errors import Invalid
from organizations.services import signup
from organizations.services.settings import clean_name

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User


class SignupForm(PersonForm, BaseSignupForm):
    """allauth's own form, with the person's name and the organization that they start."""

    organization_name = forms.CharField(
        label=_("Organization"),
        max_length=200,
        help_text=_("Your company, team or project. You can change it later."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    field_order = ["email", "password1", "first_name", "last_name", "organization_name"]

    def clean_organization_name(self) -> str:
        try:
            return clean_name(self.cleaned_data["organization_name"])
        except Invalid as error:
            raise forms.ValidationError(error.errors[0].message) from error

    def save(self, request: HttpRequest) -> User:
        data = self.cleaned_data
        return signup.sign_up(
            email=data["email"],
            password=data["password1"],
            first_name=data["first_name"],
            last_name=data["last_name"],
            organization_name=data["organization_name"],
        ).user
