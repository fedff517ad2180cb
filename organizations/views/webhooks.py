"""Webhooks, for people: endpoints, what was sent to each, and sending it again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from config.common.errors import ApplicationError
from organizations.models import WebhookDelivery, WebhookEndpoint
from organizations.models.webhooks import EVERYTHING
from organizations.pages import PageRequest, attempt, page, page_of
from organizations.roles import Action
from organizations.services import webhooks
from organizations.webhooks.events import EVENTS

DELIVERY_STATES = [("", gettext_lazy("Everything")), *WebhookDelivery.Status.choices]


def _event_choices() -> list[tuple[str, str]]:
    return [(EVERYTHING, _("Every event, also those to come")), *((event, _(EVENTS[event])) for event in EVENTS)]


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=2000,
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/tadwin", "dir": "ltr"}),
    )
    description = forms.CharField(label=gettext_lazy("What it is for"), max_length=200, required=False)
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=_event_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None: only the events of jobs that name this webhook."),
    )


class LogForm(forms.Form):
    """What is not right is left out, so that an address with a slip still shows the log."""

    status = forms.ChoiceField(label=gettext_lazy("Deliveries"), choices=DELIVERY_STATES, required=False)

    def wanted(self) -> dict[str, str]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


@page(Action.WEBHOOKS_READ)
def webhooks_page(request: PageRequest) -> HttpResponse:
    return _list(request, WebhookForm(initial={"events": [EVERYTHING]}))


def _list(request: PageRequest, form: WebhookForm, *, status: int = 200) -> HttpResponse:
    context = {"endpoints": WebhookEndpoint.objects.visible_to(request.caller), "form": form}
    return render(request, "organizations/webhooks.html", context, status=status)


@never_cache
@page(Action.WEBHOOKS_WRITE, "POST")
def create(request: PageRequest) -> HttpResponseBase:
    """The answer to the form shows the secret: it is not to be had again."""
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    try:
        endpoint, secret = webhooks.create(caller=request.caller, **form.cleaned_data)
    except ApplicationError as error:
        form.add_error("url", error.detail)
        return _list(request, form, status=422)
    return _show(request, endpoint, secret=secret)


@page(Action.WEBHOOKS_READ)
def webhook_page(request: PageRequest, webhook_id: UUID) -> HttpResponse:
    return _show(request, _endpoint(request, webhook_id))


def _show(
    request: PageRequest, endpoint: WebhookEndpoint, form: WebhookForm | None = None, *, secret: str = ""
) -> HttpResponse:
    log = LogForm(request.GET)
    sent = WebhookDelivery.objects.visible_to(request.caller).filter(endpoint=endpoint, **log.wanted())
    initial = {"url": endpoint.url, "description": endpoint.description, "events": endpoint.events}
    context: dict[str, Any] = {
        "endpoint": endpoint,
        "form": form or WebhookForm(initial=initial),
        "secret": secret,
        "log": log,
        "page": page_of(sent.prefetch_related("attempts"), request),
    }
    return render(request, "organizations/webhook.html", context, status=422 if form else 200)


@page(Action.WEBHOOKS_WRITE, "POST")
def change(request: PageRequest, webhook_id: UUID) -> HttpResponseBase:
    endpoint, form = _endpoint(request, webhook_id), WebhookForm(request.POST)
    if not form.is_valid():
        return _show(request, endpoint, form)
    try:
        webhooks.update(caller=request.caller, endpoint=endpoint, **form.cleaned_data)
    except ApplicationError as error:
        form.add_error("url", error.detail)
        return _show(request, endpoint, form)
    messages.success(request, _("Saved."))
    return _back(request, webhook_id)


@page(Action.WEBHOOKS_WRITE, "POST")
def switch(request: PageRequest, webhook_id: UUID) -> HttpResponseBase:
    """On where it is not active, off where it is; the form says which of both it means."""
    on = request.POST.get("status") == WebhookEndpoint.Status.ACTIVE
    wanted = WebhookEndpoint.Status.ACTIVE if on else WebhookEndpoint.Status.DISABLED
    endpoint = _endpoint(request, webhook_id)
    done = _("It is on again.") if on else _("It is off: nothing is sent there.")
    attempt(request, done, lambda: webhooks.update(caller=request.caller, endpoint=endpoint, status=wanted))
    return _back(request, webhook_id)


@page(Action.WEBHOOKS_WRITE, "POST")
def send_test(request: PageRequest, webhook_id: UUID) -> HttpResponseBase:
    endpoint = _endpoint(request, webhook_id)
    done = _("A test is on its way. Load this page again to see the answer.")
    attempt(request, done, lambda: webhooks.send_test(caller=request.caller, endpoint=endpoint))
    return _back(request, webhook_id)


@never_cache
@page(Action.WEBHOOKS_WRITE, "POST")
def rotate(request: PageRequest, webhook_id: UUID) -> HttpResponseBase:
    endpoint, secret = webhooks.rotate_secret(caller=request.caller, endpoint=_endpoint(request, webhook_id))
    return _show(request, endpoint, secret=secret)


@page(Action.WEBHOOKS_WRITE, "POST")
def delete(request: PageRequest, webhook_id: UUID) -> HttpResponseBase:
    endpoint = _endpoint(request, webhook_id)
    attempt(request, _("The webhook is deleted."), lambda: webhooks.delete(caller=request.caller, endpoint=endpoint))
    return redirect("settings-webhooks", slug=request.caller.organization.slug)


@page(Action.WEBHOOKS_WRITE, "POST")
def replay(request: PageRequest, delivery_id: UUID) -> HttpResponseBase:
    delivery = WebhookDelivery.objects.visible_to(request.caller).get_or_404(delivery_id)
    done = _("It is sent again. Load this page again to see the answer.")
    attempt(request, done, lambda: webhooks.replay(caller=request.caller, delivery=delivery))
    return _back(request, delivery.endpoint_id)


def _endpoint(request: PageRequest, webhook_id: UUID) -> WebhookEndpoint:
    found: WebhookEndpoint = WebhookEndpoint.objects.visible_to(request.caller).get_or_404(webhook_id)
    return found


def _back(request: PageRequest, webhook_id: UUID) -> HttpResponseBase:
    return redirect("settings-webhook", slug=request.caller.organization.slug, webhook_id=webhook_id)
