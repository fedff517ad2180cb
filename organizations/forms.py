"""Signing up in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.forms import SignupForm as BaseSignupForm
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import PersonForm
from organizations.services import signup

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

    def save(self, request: HttpRequest) -> User:
        data = self.cleaned_data
        return signup.sign_up(
            email=data["email"],
            password=data["password1"],
            first_name=data["first_name"],
            last_name=data["last_name"],
            organization_name=data["organization_name"],
        ).user
