"""The audit log, for people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from config.common import spreadsheet
from config.common.days import DayField, midnight
from organizations import audit_actions
from organizations.pages import PageRequest, page, page_of, wants_part
from organizations.roles import Action
from organizations.services import audit_log
from organizations.services.audit_log import AuditQuery


def _choices() -> list[Any]:
    return [("", _("Everything")), *audit_actions.choices()]


class AuditForm(forms.Form):
    """What is not right is left out, so that an address with a slip still shows the log."""

    actor = forms.CharField(label=_("Who"), required=False, max_length=300)
    action = forms.ChoiceField(label=_("What"), required=False, choices=_choices)
    target = forms.CharField(label=_("Object"), required=False, max_length=200)
    since = DayField(label=_("From"))
    until = DayField(label=_("Until"))

    def query(self) -> AuditQuery:
        """Days begin and end in the reader's time zone; the last day is included."""
        self.is_valid()
        found = self.cleaned_data
        first, last = found.get("since"), found.get("until")
        return AuditQuery(
            actor=found.get("actor", ""),
            action=found.get("action", ""),
            target=found.get("target", ""),
            since=midnight(first) if first else None,
            until=midnight(last + timedelta(days=1)) if last else None,
        )


@page(Action.AUDIT_READ)
def audit_log_page(request: PageRequest) -> HttpResponse:
    form = AuditForm(request.GET)
    shown = page_of(audit_log.events(request.caller, form.query()), request)
    for event in shown:
        event.action_name = audit_actions.name_of(event.action)
    part = "_audit_log.html" if wants_part(request) else "audit_log.html"
    return render(request, f"organizations/{part}", {"form": form, "page": shown})


@page(Action.AUDIT_READ)
def audit_log_csv(request: PageRequest) -> HttpResponseBase:
    """What the filters find, all of it."""
    rows = audit_log.events(request.caller, AuditForm(request.GET).query())
    name = f"audit-log-{request.caller.organization.slug}.csv"
    return spreadsheet.download(name, audit_log.COLUMNS, audit_log.table(rows))
