"""For people who write programs: a key, and two calls that work as pasted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from config.common.errors import ApplicationError
from organizations.key_forms import KeyForm
from organizations.roles import Action
from organizations.services import api_keys
from transcription.services import selectors
from transcription.views.base import PageRequest, attempt, page

PLACEHOLDER = "tdw_…"


@page(Action.JOBS_READ)
def developers(request: PageRequest) -> HttpResponse:
    return render(request, "transcription/developers.html", _context(request))


def _context(request: PageRequest, key: str = "", form: KeyForm | None = None) -> dict[str, Any]:
    may_manage = request.caller.can(Action.KEYS_MANAGE)
    return {
        "keys": selectors.api_keys(request.caller) if may_manage else [],
        "form": form or KeyForm(),
        "new_key": key,
        "shown_key": key or PLACEHOLDER,
        "base_url": settings.PUBLIC_URL,
        "docs": settings.API_DOCS,
    }


@never_cache
@page(Action.KEYS_MANAGE, "POST")
def create_key(request: PageRequest) -> HttpResponseBase:
    """The answer to the form shows the key: it is nowhere else, and not to be had again."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return render(request, "transcription/developers.html", _context(request, form=form), status=422)
    try:
        _row, key = api_keys.create(caller=request.caller, **form.values())
    except ApplicationError as error:
        messages.error(request, error.detail)
        return redirect("developers", slug=request.caller.organization.slug)
    return render(request, "transcription/developers.html", _context(request, key))


@page(Action.KEYS_MANAGE, "POST")
def revoke_key(request: PageRequest, key_id: UUID) -> HttpResponseBase:
    key = selectors.api_key(request.caller, key_id)
    attempt(request, _("Revoked. It opens nothing any more."), lambda: api_keys.revoke(caller=request.caller, key=key))
    return redirect("developers", slug=request.caller.organization.slug)
