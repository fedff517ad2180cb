"""Finding the way to an organization, and starting one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from config.common.errors import ApplicationError
from organizations.context_processors import organizations_of
from organizations.pages import LAST_ORGANIZATION
from organizations.services import organizations


@login_required
@require_http_methods(["GET", "HEAD"])
def home(request: HttpRequest) -> HttpResponseBase:
    """To the organization that was open last, else to the first; to a page that starts one where there is none."""
    mine = organizations_of(request)
    if not mine:
        return new(request)
    last = request.session.get(LAST_ORGANIZATION)
    chosen = min(mine, key=lambda one: (one.is_deleted, one.slug != last))
    return redirect("organization-home", slug=chosen.slug)


@login_required
@require_http_methods(["GET", "HEAD"])
def new(request: HttpRequest) -> HttpResponse:
    return render(request, "organizations/new.html")


@login_required
@require_POST
def create(request: HttpRequest) -> HttpResponseBase:
    assert isinstance(request.user, User)  # noqa: S101 - narrows the type: signed in
    try:
        organization = organizations.create(name=request.POST.get("name", ""), owner=request.user)
    except ApplicationError as error:
        messages.error(request, error.detail)
        return redirect("organization-new")
    return redirect("organization-home", slug=organization.slug)
