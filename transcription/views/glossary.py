"""The words of an organization: terms, replacements, proposals, and the dialects of Arabic."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from config.common.errors import ApplicationError, Invalid
from organizations.roles import Action
from transcription.models import Glossary
from transcription.services import dialects, glossaries, glossary_files, hints, proposals, selectors
from transcription.views.base import PageRequest, attempt, page, page_of
from transcription.views.glossary_forms import DialectForm, EntryForm, ImportForm


@page(Action.TRANSCRIPTS_READ)
def glossary(request: PageRequest) -> HttpResponseBase:
    """The organization's own; where there is none yet, how to start one."""
    own = glossaries.visible(request.caller).filter(project=None).first()
    return _drawn(request, own)


@page(Action.TRANSCRIPTS_READ)
def one(request: PageRequest, glossary_id: UUID) -> HttpResponseBase:
    return _drawn(request, glossaries.get(request.caller, glossary_id))


def _drawn(request: PageRequest, shown: Glossary | None, status: int = 200, **forms: Any) -> HttpResponse:
    caller = request.caller
    all_ = list(glossaries.visible(caller))
    taken = {row.project_id for row in all_}
    context = {
        "glossary": shown,
        "glossaries": all_,
        "free_projects": [row for row in selectors.projects(caller) if row.pk not in taken],
        "hint": hints.of_default_engine(),
        "form": EntryForm(),
        "import_form": ImportForm(),
        **forms,
    }
    if shown is not None:
        context["page"] = page_of(glossaries.entries(caller, shown), request)
        context["proposals"] = proposals.found(caller, shown)
    return render(request, "transcription/glossary.html", context, status=status)


@page(Action.GLOSSARY_MANAGE, "POST")
def start(request: PageRequest) -> HttpResponseBase:
    asked = request.POST.get("project", "")
    project = selectors.project(request.caller, asked) if asked else None
    attempt(request, _("Glossary started."), lambda: glossaries.create(caller=request.caller, project=project))
    row = glossaries.visible(request.caller).filter(project=project).first()
    return _to(request, row)


@page(Action.GLOSSARY_MANAGE, "POST")
def delete(request: PageRequest, glossary_id: UUID) -> HttpResponseBase:
    row = glossaries.get(request.caller, glossary_id)
    attempt(request, _("Glossary deleted."), lambda: glossaries.delete(caller=request.caller, glossary=row))
    return _to(request, None)


@page(Action.GLOSSARY_MANAGE, "GET", "HEAD", "POST")
def add(request: PageRequest, glossary_id: UUID) -> HttpResponseBase:
    """A refused form stays at this address, so that it is opened again too: the glossary is there then."""
    row = glossaries.get(request.caller, glossary_id)
    if request.method != "POST":
        return _to(request, row)
    form = EntryForm(request.POST)
    if form.is_valid():
        try:
            glossaries.add(caller=request.caller, glossary=row, **form.cleaned_data)
            return _to(request, row)
        except ApplicationError as error:
            _take(form, error)
    return _drawn(request, glossaries.get(request.caller, glossary_id), status=422, form=form)


@page(Action.GLOSSARY_MANAGE, "GET", "HEAD", "POST")
def entry(request: PageRequest, glossary_id: UUID, entry_id: UUID) -> HttpResponseBase:
    """Change one entry."""
    shown = glossaries.get(request.caller, glossary_id)
    row = glossaries.entry(request.caller, shown, entry_id)
    initial = {"text": row.text, "replacement": row.replacement, "boost": row.boost}
    form = EntryForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            glossaries.change(caller=request.caller, entry=row, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return _to(request, shown)
        except ApplicationError as error:
            _take(form, error)
    context = {"glossary": shown, "entry": glossaries.entry(request.caller, shown, entry_id), "form": form}
    return render(request, "transcription/glossary_entry.html", context, status=422 if form.is_bound else 200)


@page(Action.GLOSSARY_MANAGE, "POST")
def remove(request: PageRequest, glossary_id: UUID, entry_id: UUID) -> HttpResponseBase:
    shown = glossaries.get(request.caller, glossary_id)
    row = glossaries.entry(request.caller, shown, entry_id)
    attempt(request, _("Entry removed."), lambda: glossaries.remove(caller=request.caller, entry=row))
    return _to(request, shown)


@page(Action.GLOSSARY_MANAGE, "GET", "HEAD", "POST")
def take_in(request: PageRequest, glossary_id: UUID) -> HttpResponseBase:
    """A CSV file; where lines are not right, they are named and nothing is taken in."""
    shown = glossaries.get(request.caller, glossary_id)
    if request.method != "POST":
        return _to(request, shown)
    form = ImportForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            text = glossary_files.decoded(form.cleaned_data["file"].read(glossary_files.LARGEST_FILE + 1))
            replace = form.cleaned_data["replace"]
            done = glossary_files.take_in(caller=request.caller, glossary=shown, text=text, replace=replace)
            messages.success(request, _taken_in(done))
            return _to(request, shown)
        except Invalid as error:
            for one in error.errors:
                named = one.field.startswith("line ")
                line = _("Line %(line)s: %(fault)s") % {"line": one.field[5:], "fault": one.message}
                form.add_error(None, line if named else one.message)
    return _drawn(request, glossaries.get(request.caller, glossary_id), status=422, import_form=form)


def _taken_in(done: dict[str, int]) -> str:
    if not any(done.values()):
        return _("The glossary says all of this already.")
    return _("Entries added: %(added)d, changed: %(changed)d, removed: %(removed)d.") % done


@page(Action.TRANSCRIPTS_READ)
def export(request: PageRequest, glossary_id: UUID) -> HttpResponseBase:
    response: HttpResponseBase = glossary_files.write(glossaries.get(request.caller, glossary_id))
    return response


@page(Action.GLOSSARY_MANAGE, "POST")
def decide(request: PageRequest, glossary_id: UUID) -> HttpResponseBase:
    """Accept or reject a proposal."""
    shown = glossaries.get(request.caller, glossary_id)
    said, written = request.POST.get("said", ""), request.POST.get("written", "")
    what: dict[str, Any] = {"caller": request.caller, "glossary": shown, "said": said, "written": written}
    if request.POST.get("decision") == "accept":
        attempt(request, _("Added to the glossary."), lambda: proposals.accept(**what))
    else:
        attempt(request, _("It will not be proposed again."), lambda: proposals.reject(**what))
    return _to(request, shown)


@page(Action.TRANSCRIPTS_READ)
def all_dialects(request: PageRequest) -> HttpResponse:
    rows = dialects.table(request.caller.organization)
    context = {"dialects": [{**row, "notes": dialects.notes_for_reader(row["code"], row["notes"])} for row in rows]}
    return render(request, "transcription/dialects.html", context)


@page(Action.GLOSSARY_MANAGE, "GET", "HEAD", "POST")
def dialect(request: PageRequest, code: str) -> HttpResponseBase:
    known = dialects.get(request.caller.organization, code)
    notes = dialects.notes_for_reader(code, known.notes)
    initial = {"prompt": known.prompt, "vocabulary": " ".join(known.vocabulary), "notes": notes}
    form = DialectForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            dialects.change(caller=request.caller, code=code, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("dialects", slug=request.caller.organization.slug)
        except ApplicationError as error:
            _take(form, error)
    context = {"dialect": known, "changed": dialects.is_changed(known), "form": form}
    return render(request, "transcription/dialect.html", context, status=422 if form.is_bound else 200)


@page(Action.GLOSSARY_MANAGE, "POST")
def reset_dialect(request: PageRequest, code: str) -> HttpResponseBase:
    attempt(request, _("The preset is ours again."), lambda: dialects.reset(caller=request.caller, code=code))
    return redirect("dialects", slug=request.caller.organization.slug)


def _take(form: Any, refusal: ApplicationError) -> None:
    """Put what a service refused beside the field that it names, or above them all."""
    if not refusal.errors:
        form.add_error(None, refusal.detail)
    for one in refusal.errors:
        form.add_error(one.field if one.field in form.fields else None, one.message)


def _to(request: PageRequest, row: Glossary | None) -> HttpResponseBase:
    slug = request.caller.organization.slug
    if row is None or row.project_id is None:
        return redirect("glossary", slug=slug)
    return redirect("glossary-of", slug=slug, glossary_id=row.pk)
