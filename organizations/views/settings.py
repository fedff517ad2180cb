"""The organization's settings: names and defaults, retention, the table of roles, the end."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from config.common.errors import ApplicationError
from organizations.pages import PageRequest, attempt, page
from organizations.role_table import rows
from organizations.roles import ROLE_NAMES, Action
from organizations.services import deletion
from organizations.services import settings as service
from organizations.setting_forms import GeneralForm, RetentionForm


@page(Action.SETTINGS_MANAGE, "GET", "HEAD", "POST")
def general(request: PageRequest) -> HttpResponseBase:
    organization = request.caller.organization
    form = GeneralForm(request.POST or None, organization=organization)
    if form.is_valid():
        try:
            service.update(caller=request.caller, **form.changes())
        except ApplicationError as error:
            form.take(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("settings-general", slug=organization.slug)
    return _drawn(request, "settings_general", form=form, days=deletion.grace_days())


@page(Action.SETTINGS_MANAGE, "GET", "HEAD", "POST")
def retention(request: PageRequest) -> HttpResponseBase:
    organization = request.caller.organization
    known = {name: getattr(organization, name) for name in RetentionForm.base_fields}
    form = RetentionForm(request.POST or None, initial=known)
    if form.is_valid():
        attempt(request, _("Saved."), lambda: service.update(caller=request.caller, **form.cleaned_data))
        return redirect("settings-retention", slug=organization.slug)
    return _drawn(request, "settings_retention", form=form)


@page(Action.MEMBERS_READ)
def roles(request: PageRequest) -> HttpResponse:
    return render(request, "organizations/settings_roles.html", {"roles": ROLE_NAMES.values(), "rows": rows()})


@page(Action.ORGANIZATION_DELETE, "POST")
def delete(request: PageRequest) -> HttpResponseBase:
    """The name is typed first: nobody deletes an organization by a slip of the hand."""
    slug = request.caller.organization.slug
    if request.POST.get("name", "").strip() != request.caller.organization.name:
        messages.error(request, _("The name is not right, so nothing was deleted."))
        return redirect("settings-general", slug=slug)
    deletion.delete(caller=request.caller)
    return redirect("organization-deleted", slug=slug)


def _drawn(
    request: PageRequest, template: str, *, form: GeneralForm | RetentionForm, **context: object
) -> HttpResponse:
    # A refused name must not show as if it were the organization's.
    request.caller.organization.refresh_from_db()
    status = 422 if form.is_bound else 200
    return render(request, f"organizations/{template}.html", {"form": form, **context}, status=status)
