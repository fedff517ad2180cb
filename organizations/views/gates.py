"""What people see who stand before a closed gate: how it opens, and the way out."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from organizations import gates
from organizations.models import Organization
from organizations.pages import PageRequest, attempt, page
from organizations.roles import Action
from organizations.services import deletion


@page(None, gated=False)
def deleted(request: PageRequest) -> HttpResponseBase:
    organization = request.caller.organization
    if not organization.is_deleted:
        return redirect("organization-home", slug=organization.slug)
    return _outside(request, "deleted", may_restore=request.caller.can(Action.ORGANIZATION_DELETE))


@page(Action.ORGANIZATION_DELETE, "POST", gated=False)
def restore(request: PageRequest) -> HttpResponseBase:
    attempt(request, _("Restored. Everything is as it was."), lambda: deletion.restore(caller=request.caller))
    return redirect("organization-home", slug=request.caller.organization.slug)


@page(None, gated=False)
def two_step(request: PageRequest) -> HttpResponseBase:
    organization = request.caller.organization
    if request.caller.user is None or not _is_asked(organization) or gates.has_second_factor(request.caller.user):
        return redirect("organization-home", slug=organization.slug)
    return _outside(request, "two_step")


def _is_asked(organization: Organization) -> bool:
    return organization.require_mfa and not organization.is_deleted


def _outside(request: PageRequest, template: str, **context: object) -> HttpResponseBase:
    """Without the organization's own menu, every entry of which would lead back here."""
    closed = request.caller.organization
    del request.caller
    return render(request, f"organizations/{template}.html", {"closed": closed, **context})
