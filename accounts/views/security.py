"""How one's account is opened: address, password, second factor, devices; and leaving."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import export, sessions
from accounts.forms import ChangeEmailForm, CloseAccountForm
from accounts.models import User
from accounts.services import addresses, closing, limits
from accounts.services.overview import overview_of
from accounts.views.base import person_page, show
from config.common.downloads import download
from config.common.errors import ApplicationError


@person_page("GET", "HEAD")
def security(request: HttpRequest, user: User) -> HttpResponse:
    return render(request, "accounts/security.html", {"overview": overview_of(user)})


@person_page("GET", "HEAD", "POST")
def change_email(request: HttpRequest, user: User) -> HttpResponseBase:
    form = ChangeEmailForm(user, request.POST or None)
    if form.is_valid():
        try:
            addresses.request_change(request=request, user=user, **form.cleaned_data)
        except ApplicationError as error:
            show(form, error)
        else:
            wanted = form.cleaned_data["email"]
            messages.info(request, _("Look into the mail of %(email)s: a link there finishes it.") % {"email": wanted})
            return redirect("security")
    return _form_page(request, "accounts/change_email.html", form, overview=overview_of(user))


@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email_change(request: HttpRequest, token: str) -> HttpResponseBase:
    """The link in the mail to a new address. A button decides: programs that look at mail open links too."""
    try:
        user, wanted = addresses.read_change(token)
        if request.method == "POST":
            addresses.confirm_change(request=request, token=token)
            messages.success(request, _("Your address is changed."))
            return redirect("security")
    except ApplicationError:
        return render(request, "accounts/email_change_confirm.html", {"is_used_up": True}, status=422)
    return render(request, "accounts/email_change_confirm.html", {"person": user, "wanted": wanted})


@person_page("POST")
def resend_verification(request: HttpRequest, user: User) -> HttpResponseBase:
    try:
        addresses.resend(request=request, email=user.email)
    except ApplicationError as error:
        messages.error(request, error.detail)
    else:
        messages.info(request, _("The mail is on its way."))
    return redirect("security")


@person_page("POST")
def end_session(request: HttpRequest, user: User, session_id: Any) -> HttpResponseBase:
    if not sessions.end_one(user, session_id):
        raise Http404
    messages.success(request, _("That device is signed out."))
    return redirect("usersessions_list")


@person_page("GET", "HEAD")
def download_data(request: HttpRequest, user: User) -> HttpResponseBase:
    try:
        limits.spend(request, "export", user=user)
    except ApplicationError as error:
        messages.error(request, error.detail)
        return redirect("security")
    return download(export.filename(user), export.stream(user), "application/zip")


@person_page("GET", "HEAD", "POST")
def close_account(request: HttpRequest, user: User) -> HttpResponseBase:
    form = CloseAccountForm(user, request.POST or None)
    if form.is_valid():
        try:
            closing.close(request=request, user=user, **form.cleaned_data)
        except ApplicationError as error:
            show(form, error)
        else:
            logout(request)
            messages.success(request, _("Your account is closed."))
            return redirect("landing")
    return _form_page(request, "accounts/close.html", form)


def _form_page(request: HttpRequest, template: str, form: Any, **context: Any) -> HttpResponse:
    return render(request, template, {"form": form, **context}, status=422 if form.is_bound else 200)
