"""How good transcripts are: comparisons with reference texts, in numbers, over time and word by word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from config.common.errors import Invalid
from organizations.pages import page_of
from organizations.roles import Action
from transcription.asr.metrics.words import Folding, Pair
from transcription.forms import EvaluationForm
from transcription.services import evaluations, selectors
from transcription.views.base import PageRequest, attempt, page
from transcription.views.quality_chart import POINTS, chart


@page(Action.TRANSCRIPTS_READ)
def quality(request: PageRequest) -> HttpResponse:
    rows = evaluations.visible(request.caller)
    context = {"page": page_of(rows, request), "chart": chart(list(rows[:POINTS]))}
    return render(request, "transcription/quality.html", context)


@page(Action.TRANSCRIPTS_READ)
def evaluation(request: PageRequest, evaluation_id: UUID) -> HttpResponse:
    row = evaluations.get(request.caller, evaluation_id)
    found = evaluations.difference(row)
    context = {
        "evaluation": row,
        "recording": row.transcript.recording,
        "ignored": EvaluationForm.ignored(Folding.from_json(row.folding)),
        "pieces": _pieces(found.alignment),
    }
    return render(request, "transcription/evaluation.html", context)


def _pieces(alignment: Iterable[Pair]) -> Iterator[Pair]:
    """Words that stay, lack or were added one after another as one: a browser does not draw 100,000 single ones."""
    for kind, run in groupby(alignment, key=attrgetter("kind")):
        pairs = list(run)
        if kind == "substitute":
            yield from pairs
        else:
            yield Pair(kind, " ".join(one.reference for one in pairs), " ".join(one.hypothesis for one in pairs))


@page(Action.TRANSCRIPTS_WRITE, "GET", "HEAD", "POST")
def evaluate(request: PageRequest, transcript_id: UUID) -> HttpResponseBase:
    transcript = selectors.transcript(request.caller, transcript_id)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = EvaluationForm(*sent, language=transcript.language)
    if sent and form.is_valid():
        try:
            text, format = form.reference()
            row = evaluations.evaluate(
                caller=request.caller, transcript=transcript, reference=text, format=format, folding=form.folding()
            )
            return redirect("evaluation", slug=request.caller.organization.slug, evaluation_id=row.pk)
        except Invalid as error:
            form.add_error(None, error.detail)
    context = {"form": form, "transcript": transcript, "recording": transcript.recording}
    return render(request, "transcription/evaluate.html", context, status=422 if form.errors else 200)


@page(Action.TRANSCRIPTS_WRITE, "POST")
def delete(request: PageRequest, evaluation_id: UUID) -> HttpResponseBase:
    row = evaluations.get(request.caller, evaluation_id)
    attempt(request, _("Evaluation deleted."), lambda: evaluations.delete(caller=request.caller, evaluation=row))
    return redirect("quality", slug=request.caller.organization.slug)
