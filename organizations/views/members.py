"""Members and invitations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from config.common.errors import ApplicationError
from organizations.models import Invitation, Membership
from organizations.pages import PageRequest, attempt, page
from organizations.roles import ROLE_NAMES, Action, Role
from organizations.services import invitations
from organizations.services import members as service
from organizations.setting_forms import InviteForm


@page(Action.MEMBERS_READ)
def members_page(request: PageRequest) -> HttpResponse:
    return _drawn(request, InviteForm(roles=_roles(request)))


@page(Action.MEMBERS_MANAGE, "POST")
def invite(request: PageRequest) -> HttpResponseBase:
    form = InviteForm(request.POST, roles=_roles(request))
    if form.is_valid():
        email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
        try:
            invitations.invite(caller=request.caller, email=email, role=role)
        except ApplicationError as error:
            form.add_error("email", error.detail)
        else:
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": email})
            return _to_list(request)
    return _drawn(request, form, status=422)


@page(Action.MEMBERS_MANAGE, "POST")
def resend(request: PageRequest, invitation_id: UUID) -> HttpResponseBase:
    row = Invitation.objects.visible_to(request.caller).get_or_404(invitation_id)
    done = _("Sent again. Links that were sent before do not work any more.")
    attempt(request, done, lambda: invitations.resend(caller=request.caller, invitation=row))
    return _to_list(request)


@page(Action.MEMBERS_MANAGE, "POST")
def revoke(request: PageRequest, invitation_id: UUID) -> HttpResponseBase:
    row = Invitation.objects.visible_to(request.caller).get_or_404(invitation_id)
    attempt(request, _("Revoked."), lambda: invitations.revoke(caller=request.caller, invitation=row))
    return _to_list(request)


@page(Action.MEMBERS_MANAGE, "POST")
def change_role(request: PageRequest, member_id: UUID) -> HttpResponseBase:
    row, role = _member(request, member_id), request.POST.get("role", "")
    if role in ROLE_NAMES:
        attempt(
            request, _("Saved."), lambda: service.change_role(caller=request.caller, membership=row, role=Role(role))
        )
    return _to_list(request)


@page(Action.MEMBERS_MANAGE, "POST")
def remove(request: PageRequest, member_id: UUID) -> HttpResponseBase:
    row = _member(request, member_id)
    done = _("%(name)s is no member any more.") % {"name": row.user.name}
    attempt(request, done, lambda: service.remove(caller=request.caller, membership=row))
    return _to_list(request)


@page(Action.OWNERSHIP_TRANSFER, "POST")
def transfer(request: PageRequest) -> HttpResponseBase:
    row = Membership.objects.visible_to(request.caller).get_or_404(request.POST.get("member", ""))
    done = _("%(name)s owns the organization now, and you are an admin.") % {"name": row.user.name}
    attempt(request, done, lambda: service.transfer_ownership(caller=request.caller, membership=row))
    return _to_list(request)


@page(None, "POST", gated=False)
def leave(request: PageRequest) -> HttpResponseBase:
    name = request.caller.organization.name
    left = attempt(request, _("You have left %(name)s.") % {"name": name}, lambda: service.leave(caller=request.caller))
    return redirect("home") if left else _to_list(request)


def _member(request: PageRequest, member_id: UUID) -> Membership:
    row: Membership = Membership.objects.visible_to(request.caller).select_related("user").get_or_404(member_id)
    return row


def _roles(request: PageRequest) -> list[Role]:
    """Those that the caller may give, the least first."""
    return [role for role in Role if service.may_give(request.caller.role, role)]


def _drawn(request: PageRequest, form: InviteForm, *, status: int = 200) -> HttpResponse:
    rows = Membership.objects.visible_to(request.caller).select_related("user").order_by("created_at", "id")
    context: dict[str, Any] = {
        "form": form,
        "members": [_as_row(request, one) for one in rows],
        "roles": [(role.value, ROLE_NAMES[role]) for role in _roles(request)],
        "invitations": [],
    }
    if request.caller.can(Action.MEMBERS_MANAGE):
        opened = Invitation.objects.visible_to(request.caller).open().select_related("invited_by")
        context["invitations"] = [(one, ROLE_NAMES[Role(one.role)]) for one in opened]
    return render(request, "organizations/settings_members.html", context, status=status)


def _as_row(request: PageRequest, member: Membership) -> dict[str, Any]:
    user = request.caller.user
    return {
        "member": member,
        "role_name": ROLE_NAMES[Role(member.role)],
        "is_self": user is not None and member.user_id == user.pk,
        "may_change": request.caller.can(Action.MEMBERS_MANAGE) and service.may_give(request.caller.role, member.role),
    }


def _to_list(request: PageRequest) -> HttpResponseBase:
    return redirect("settings-members", slug=request.caller.organization.slug)
