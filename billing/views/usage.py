"""What an organization has used and what is left, for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.quota.periods import Period
from billing.quota.refusals import upgrade_url
from billing.reports import ledger, overview
from billing.reports.chart import chart
from billing.reports.ledger import GroupBy
from billing.reports.overview import Overview
from billing.services import adjustments
from config.common import spreadsheet
from config.common.days import DayField, midnight
from organizations.models import Organization
from organizations.pages import PageRequest, attempt, page, wants_part
from organizations.roles import Action

LONGEST = timedelta(days=400)
MINUTE = 60
SPLITS = [
    (GroupBy.MEMBER.value, _("Member")),
    (GroupBy.PROJECT.value, _("Project")),
    (GroupBy.KEY.value, _("API key")),
    (GroupBy.MODEL.value, _("Model")),
]
# What is said of a group without a key, and of one that is gone.
NOBODYS = {"member": _("Programs"), "project": _("No project"), "key": _("Without an API key"), "model": _("Unknown")}
GONE = {"member": _("Somebody who closed their account"), "project": _("A deleted project"), "key": _("A deleted key")}


@dataclass(frozen=True, slots=True)
class Span:
    """Days of the reader's time zone, both included."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        return midnight(self.first)

    @property
    def until(self) -> datetime:
        return midnight(self.last + timedelta(days=1))


class UsageForm(forms.Form):
    """What is not right is left out, so that an address with a slip still shows something."""

    since = DayField(label=_("From"))
    until = DayField(label=_("Until"))
    by = forms.ChoiceField(label=_("Split by"), required=False, choices=SPLITS)

    def span(self, period: Period) -> Span:
        """The days that were asked for; else the period so far, at most `LONGEST` of them."""
        self.is_valid()
        first, last = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        last = last or timezone.localdate()
        first = first or min(timezone.localdate(period.start), last)
        return Span(max(min(first, last), last - LONGEST), last)

    def group_by(self) -> GroupBy:
        self.is_valid()
        return GroupBy(self.cleaned_data.get("by") or GroupBy.MEMBER.value)


class CapForm(forms.Form):
    """How much overage an owner is willing to pay for: an empty field is no end, 0 nothing."""

    minutes = forms.IntegerField(
        label=_("Most extra minutes a period"),
        required=False,
        min_value=0,
        max_value=10_000_000,
        help_text=_("Empty: no end. 0: stop when the included time is used."),
    )


@page(Action.USAGE_READ)
def usage(request: PageRequest) -> HttpResponse:
    found = overview.of(request.caller.organization)
    form = UsageForm(request.GET)
    part = "_usage_split.html" if wants_part(request) else "usage.html"
    return render(request, f"billing/{part}", _context(request, found, form))


def _context(request: PageRequest, found: Overview, form: UsageForm) -> dict[str, Any]:
    organization, span, by = request.caller.organization, form.span(found.limits.period), form.group_by()
    days = _groups(organization, span, GroupBy.DAY)
    shown = UsageForm(initial={"since": span.first, "until": span.last, "by": by.value})
    return {
        "form": shown,
        "overview": found,
        "bars": _bars(found),
        "chart": chart({row["key"]: row["audio_seconds"] for row in days}, span.first, span.last),
        "rows": _rows(organization, span, by),
        "by": dict(SPLITS)[by.value],
        "span": span,
        "upgrade": upgrade_url(organization),
        "cap_form": _cap_form(request, found),
    }


def _bars(found: Overview) -> dict[str, int]:
    """Shares in percent of what is used, as the page draws them."""
    time_ = found.time
    return {
        "used": _share(max(0, time_.used), time_.included),
        "reserved": _share(max(0, time_.used) + time_.reserved, time_.included),
        "storage": _share(found.storage.used, found.storage.limit),
        "seats": _share(found.seats.used, found.seats.limit),
    }


def _share(used: int, limit: int | None) -> int:
    if limit is None:
        return 0
    return min(100, round(100 * used / limit)) if limit else 100


def _groups(organization: Organization, span: Span, by: GroupBy) -> list[dict[str, Any]]:
    zone = timezone.get_current_timezone()
    return ledger.usage(organization, since=span.since, until=span.until, group_by=by, zone=zone)


def _rows(organization: Organization, span: Span, by: GroupBy) -> list[dict[str, Any]]:
    rows = _groups(organization, span, by)
    whole = sum(row["audio_seconds"] for row in rows)
    return [{**row, "name": _name(row, by), "share": _share(row["audio_seconds"], whole)} for row in rows]


def _name(row: dict[str, Any], by: GroupBy) -> Any:
    return row["name"] or (GONE if row["key"] else NOBODYS).get(by.value, row["key"])


def _cap_form(request: PageRequest, found: Overview) -> CapForm | None:
    """For owners of a plan that bills what goes past it."""
    if not found.limits.overage_billed or not request.caller.can(Action.BILLING_MANAGE):
        return None
    cap = found.limits.overage_cap_seconds
    return CapForm(initial={"minutes": None if cap is None else cap // MINUTE})


@page(Action.USAGE_READ)
def usage_csv(request: PageRequest) -> HttpResponseBase:
    """Every line of the ledger in the days that the page shows."""
    organization = request.caller.organization
    span = UsageForm(request.GET).span(overview.of(organization).limits.period)
    rows = ledger.table(organization, since=span.since, until=span.until)
    return spreadsheet.download(f"usage-{organization.slug}.csv", ledger.COLUMNS, rows)


@page(Action.BILLING_MANAGE, "POST")
def usage_cap(request: PageRequest) -> HttpResponseBase:
    form = CapForm(request.POST)
    if form.is_valid():
        minutes = form.cleaned_data["minutes"]
        seconds = None if minutes is None else minutes * MINUTE
        attempt(request, str(_("Saved.")), lambda: adjustments.cap_overage(caller=request.caller, seconds=seconds))
    return redirect("usage", slug=request.caller.organization.slug)
