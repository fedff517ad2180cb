"""A person's news."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render

from organizations.models import Notification
from organizations.notifications import notices
from organizations.pages import PageRequest, page, page_of
from organizations.roles import Action


@page(Action.NOTIFICATIONS_READ)
def notifications(request: PageRequest) -> HttpResponse:
    shown = page_of(Notification.objects.visible_to(request.caller), request)
    for one in shown:
        one.words = notices.words_of(one)
    return render(request, "organizations/notifications.html", {"page": shown})


@page(Action.NOTIFICATIONS_READ, "POST")
def read_all(request: PageRequest) -> HttpResponseBase:
    notices.mark_read(request.caller)
    return redirect("notifications", slug=request.caller.organization.slug)


@page(Action.NOTIFICATIONS_READ, "POST")
def follow(request: PageRequest, notification_id: UUID) -> HttpResponseBase:
    """Mark one as read and go where it points, which is always one of our own pages."""
    one: Notification = Notification.objects.visible_to(request.caller).get_or_404(notification_id)
    notices.mark_read(request.caller, one)
    if one.path:
        return HttpResponseRedirect(one.path)
    return redirect("notifications", slug=request.caller.organization.slug)
