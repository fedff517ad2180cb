"""What the link in an invitation opens: for somebody new, for a member of the service, and for the wrong account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import sessions
from accounts.models import User
from config.common.errors import ApplicationError
from organizations.models import Invitation
from organizations.roles import ROLE_NAMES, Role
from organizations.services import invitations
from organizations.setting_forms import NewAccountForm


@never_cache
@require_http_methods(["GET", "HEAD"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    try:
        found = invitations.find(token)
    except ApplicationError as error:
        return _closed(request, error)
    return _drawn(request, token, found, NewAccountForm())


@login_required
@require_POST
def accept(request: HttpRequest, token: str) -> HttpResponseBase:
    assert isinstance(request.user, User)  # noqa: S101 - narrows the type: signed in
    try:
        joined = invitations.accept(token=token, user=request.user)
    except ApplicationError as error:
        return _closed(request, error)
    return _welcome(request, joined.organization.name, joined.organization.slug)


@require_POST
def register(request: HttpRequest, token: str) -> HttpResponseBase:
    form = NewAccountForm(request.POST)
    try:
        found = invitations.find(token)
        if not form.is_valid():
            return _drawn(request, token, found, form, status=422)
        joined = invitations.accept_with_new_account(token=token, **form.cleaned_data)
    except ApplicationError as error:
        if not error.errors:
            return _closed(request, error)
        for one in error.errors:
            form.add_error("password" if one.field == "password" else None, one.message)
        return _drawn(request, token, found, form, status=422)
    login(request, joined.user, backend=sessions.BACKEND)
    return _welcome(request, joined.organization.name, joined.organization.slug)


@require_POST
def switch_account(request: HttpRequest, token: str) -> HttpResponseBase:
    """Sign out and come back to sign in with the account of the invited address."""
    logout(request)
    return redirect("invitation", token=token)


def _drawn(
    request: HttpRequest, token: str, found: Invitation, form: NewAccountForm, *, status: int = 200
) -> HttpResponse:
    here = reverse("invitation", kwargs={"token": token})
    user = request.user if isinstance(request.user, User) else None
    context = {
        "invitation": found,
        "inviting": found.organization,
        "role_name": ROLE_NAMES[Role(found.role)],
        "token": token,
        "form": form,
        "is_mine": user is not None and invitations.is_for(found, user),
        "has_account": invitations.has_account(found),
        "sign_in": reverse("account_login") + "?" + urlencode({"next": here}),
    }
    return render(request, "organizations/invitation.html", context, status=status)


def _closed(request: HttpRequest, error: ApplicationError) -> HttpResponse:
    return render(request, "organizations/invitation_closed.html", {"detail": error.detail}, status=error.status)


def _welcome(request: HttpRequest, name: str, slug: str) -> HttpResponseBase:
    messages.success(request, _("Welcome to %(name)s.") % {"name": name})
    return redirect("organization-home", slug=slug)
