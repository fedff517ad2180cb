"""The front door, and what people set about themselves."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.forms import NoticesForm, PreferencesForm
from accounts.models import User
from accounts.services.people import update_person
from accounts.views.base import person_page


def landing(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/landing.html", {"largest": settings.MEDIA_MAX_SIZE})


@person_page("GET", "HEAD", "POST")
def preferences(request: HttpRequest, user: User) -> HttpResponseBase:
    form = PreferencesForm(request.POST or None, initial=_current(user))
    news = NoticesForm(user, request.POST or None)
    if form.is_valid() and news.is_valid():
        update_person(user=user, **form.cleaned_data, notices=news.choices())
        # In the language that was just chosen.
        with translation.override(user.language or None):
            messages.success(request, _("Saved."))
        return redirect("preferences")
    context = {"form": form, "news": news}
    return render(request, "accounts/preferences.html", context, status=422 if form.is_bound else 200)


def _current(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in PreferencesForm.base_fields}
