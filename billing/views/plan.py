"""The plan, for people: what it is, what it costs, another one, its end, and its invoices."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.gateway import accounts
from billing.models import Account
from billing.plans import Interval, PlanKey, is_gift, money, plan_of
from billing.quota import seats
from billing.services import checkout, invoices, offers, previews, subscriptions
from billing.services.buying import MOST_SEATS, is_subscribed
from billing.services.invoices import InvoicePage
from billing.services.previews import Preview
from config.common.errors import ApplicationError, NotFound, PermissionDenied
from organizations.pages import PageRequest, attempt, page
from organizations.roles import Action

# Where forms of these pages may lead, by way of our answer.
STRIPE = ("https://checkout.stripe.com", "https://billing.stripe.com")


class ChoiceForm(forms.Form):
    plan = forms.ChoiceField(choices=[(key.value, key.value) for key in PlanKey])
    interval = forms.ChoiceField(choices=[(one.value, one.value) for one in Interval])
    seats = forms.IntegerField(min_value=1, max_value=MOST_SEATS, required=False)


class ChangeForm(ChoiceForm):
    """`proration_at`: of the amounts that the page showed, in seconds."""

    proration_at = forms.IntegerField(min_value=0, max_value=1 << 33, required=False)

    def clean_proration_at(self) -> datetime | None:
        seconds = self.cleaned_data["proration_at"]
        return datetime.fromtimestamp(seconds, UTC) if seconds else None


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    """Public; without a key there is no such page."""
    if not money():
        raise Http404
    context = {"offers": offers.all_of_them(), "contact": settings.BILLING_CONTACT}
    return render(request, "billing/pricing.html", context)


@never_cache
@page(Action.BILLING_MANAGE)
def plan_page(request: PageRequest) -> HttpResponse:
    _require_money()
    account = accounts.account_of(request.caller.organization)
    return _may_lead_to_stripe(render(request, "billing/plan.html", _context(request, account)))


def _context(request: PageRequest, account: Account) -> dict[str, Any]:
    subscribed = is_subscribed(account)
    bought = PlanKey(account.plan) if subscribed and account.plan in list(PlanKey) else None
    return {
        "account": account,
        "plan": plan_of(account),
        "is_gift": is_gift(account),
        "subscribed": subscribed,
        "bought": bought,
        "cost": offers.cost_of(account),
        "offers": offers.all_of_them(),
        "least_seats": max(1, seats.taken(request.caller.organization)),
        "most_seats": MOST_SEATS,
        "read_only_from": account.read_only_from,
        "may_change": account.status in (Account.Status.TRIALING, Account.Status.ACTIVE) or not subscribed,
        "contact": settings.BILLING_CONTACT,
    }


@page(Action.BILLING_MANAGE, "POST")
def choose(request: PageRequest) -> HttpResponseBase:
    """Buy a plan at Stripe's Checkout, or look what a change of the one that is there would cost."""
    _require_money()
    organization, form = request.caller.organization, ChoiceForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a plan, how often to pay, and the number of seats."))
        return redirect("plan", slug=organization.slug)
    wanted = {**form.cleaned_data, "seats": form.cleaned_data["seats"] or 1}
    if is_subscribed(accounts.account_of(organization)):
        return redirect(f"{reverse('plan-change', args=[organization.slug])}?{urlencode(wanted)}")
    return _away(request, lambda: checkout.start(caller=request.caller, **wanted))


@never_cache
@page(Action.BILLING_MANAGE, "GET", "HEAD", "POST")
def change(request: PageRequest) -> HttpResponseBase:
    """What a change would cost; sent, the change itself, at exactly those amounts."""
    _require_money()
    form = ChangeForm(request.POST or request.GET)
    if not form.is_valid():
        return redirect("plan", slug=request.caller.organization.slug)
    wanted = {**form.cleaned_data, "seats": form.cleaned_data["seats"] or 1}
    return _changed(request, wanted) if request.method == "POST" else _previewed(request, wanted)


def _previewed(request: PageRequest, wanted: dict[str, Any]) -> HttpResponseBase:
    asked = {name: wanted[name] for name in ("plan", "interval", "seats")}
    found: list[Preview] = []
    if not attempt(request, "", lambda: found.append(previews.of(caller=request.caller, **asked))):
        return redirect("plan", slug=request.caller.organization.slug)
    context = {"preview": found[0], "account": accounts.account_of(request.caller.organization)}
    return render(request, "billing/change.html", context)


def _changed(request: PageRequest, wanted: dict[str, Any]) -> HttpResponseBase:
    done = _("The plan is changed.")
    attempt(request, done, lambda: subscriptions.change(caller=request.caller, **wanted))
    return redirect("plan", slug=request.caller.organization.slug)


@page(Action.BILLING_MANAGE, "POST")
def portal(request: PageRequest) -> HttpResponseBase:
    _require_money()
    return _away(request, lambda: checkout.portal(caller=request.caller))


@page(Action.BILLING_MANAGE, "POST")
def cancel(request: PageRequest) -> HttpResponseBase:
    _require_money()
    done = _("The subscription ends with the time that is paid for. Until then everything stays as it is.")
    attempt(request, done, lambda: subscriptions.cancel(caller=request.caller))
    return redirect("plan", slug=request.caller.organization.slug)


@page(Action.BILLING_MANAGE, "POST")
def resume(request: PageRequest) -> HttpResponseBase:
    _require_money()
    attempt(request, _("The subscription goes on."), lambda: subscriptions.resume(caller=request.caller))
    return redirect("plan", slug=request.caller.organization.slug)


@never_cache
@page(Action.BILLING_MANAGE)
def done(request: PageRequest) -> HttpResponseBase:
    """Back from Checkout, which may be sooner than Stripe's event: how things stand is asked for."""
    _require_money()
    if attempt(request, "", lambda: subscriptions.refresh(caller=request.caller)):
        account = accounts.account_of(request.caller.organization)
        waits = _("The payment is being checked. This page shows the new plan in a moment.")
        messages.success(request, _("Thank you. The plan is yours.") if is_subscribed(account) else waits)
    return redirect("plan", slug=request.caller.organization.slug)


@never_cache
@page(Action.BILLING_MANAGE)
def invoices_page(request: PageRequest) -> HttpResponse:
    _require_money()
    try:
        shown = invoices.newest(caller=request.caller, after=request.GET.get("after", ""))
    except (NotFound, PermissionDenied):
        raise
    except ApplicationError as error:
        messages.error(request, error.detail)
        shown = InvoicePage([], "")
    account = accounts.account_of(request.caller.organization)
    context = {"shown": shown, "account": account}
    return _may_lead_to_stripe(render(request, "billing/invoices.html", context))


def _require_money() -> None:
    """Without a key these pages are not there. Raises NotFound."""
    if not money():
        raise NotFound


def _away(request: PageRequest, address: Any) -> HttpResponseBase:
    """To a page of Stripe's, or back to ours with what is wrong."""
    found: list[str] = []
    if attempt(request, "", lambda: found.append(address())):
        return HttpResponse(status=303, headers={"Location": found[0]})
    return redirect("plan", slug=request.caller.organization.slug)


def _may_lead_to_stripe(response: HttpResponse) -> HttpResponse:
    """Browsers hold what a form's answer redirects to against `form-action` too."""
    places = [*STRIPE, *([settings.STRIPE_API_BASE] if settings.STRIPE_API_BASE else [])]
    response._csp_update = {"form-action": places}  # type: ignore[attr-defined] # what csp_update() sets
    return response
