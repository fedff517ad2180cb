"""Whose voices are known: consent, profiles, and suggestions to decide on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from organizations.roles import Action
from transcription.models.voices import MatchState
from transcription.services import selectors, voices
from transcription.views.base import PageRequest, attempt, came_from, page, page_of

MOST_OFFERED = 100


@page(Action.TRANSCRIPTS_READ)
def speakers(request: PageRequest) -> HttpResponse:
    caller = request.caller
    consent = voices.consent_of(caller.organization)
    context: dict[str, Any] = {"consent": consent}
    if consent is not None:
        context |= {
            "page": page_of(voices.profiles(caller), request),
            "suggestions": voices.matches(caller, state=MatchState.SUGGESTED).order_by("-score")[:MOST_OFFERED],
            "enrollable": voices.enrollable(caller)[:MOST_OFFERED],
        }
    return render(request, "transcription/speakers.html", context)


@page(Action.PROFILES_MANAGE, "POST")
def consent(request: PageRequest) -> HttpResponseBase:
    """On with a note; off deletes everything."""
    caller = request.caller
    if request.POST.get("enabled") == "1":
        note = request.POST.get("note", "")
        attempt(request, _("Voice profiles are on."), lambda: voices.agree(caller=caller, note=note))
    else:
        done = _("Voice profiles are off, and every voice was deleted.")
        attempt(request, done, lambda: voices.withdraw(caller=caller))
    return _to_list(request)


@page(Action.PROFILES_MANAGE, "POST")
def create(request: PageRequest) -> HttpResponseBase:
    """A profile out of a speaker, or one more voice for a profile that is there."""
    caller, profile = request.caller, request.POST.get("profile", "")
    chosen = selectors.as_uuid(request.POST.get("speaker", ""))
    if chosen is None:
        messages.error(request, _("Choose a speaker."))
        return _to_list(request)
    speaker = voices.speaker(caller, chosen)
    if profile_id := selectors.as_uuid(profile):
        known = voices.profile(caller, profile_id)
        done = _("The profile knows this voice now.")
        attempt(request, done, lambda: voices.add_speaker(caller=caller, profile=known, speaker=speaker))
    else:
        name = request.POST.get("name", "") or speaker.name
        done = _("Profile made. The recordings are looked through for this voice.")
        attempt(request, done, lambda: voices.enrol(caller=caller, speaker=speaker, name=name))
    return _to_list(request)


@page(Action.TRANSCRIPTS_READ)
def profile(request: PageRequest, profile_id: UUID) -> HttpResponse:
    """All recordings of a person."""
    row = voices.profile(request.caller, profile_id)
    accepted = voices.matches(request.caller, state=MatchState.ACCEPTED, of=row)
    suggested = voices.matches(request.caller, state=MatchState.SUGGESTED, of=row).order_by("-score")
    context = {
        "profile": row,
        "page": page_of(accepted, request),
        "suggestions": suggested[:MOST_OFFERED],
        "rejected": voices.matches(request.caller, state=MatchState.REJECTED, of=row)[:MOST_OFFERED],
    }
    return render(request, "transcription/speaker_profile.html", context)


@page(Action.PROFILES_MANAGE, "POST")
def rename(request: PageRequest, profile_id: UUID) -> HttpResponseBase:
    row, name = voices.profile(request.caller, profile_id), request.POST.get("name", "")
    attempt(request, _("Saved."), lambda: voices.rename(caller=request.caller, profile=row, name=name))
    return redirect("speaker-profile", slug=request.caller.organization.slug, profile_id=profile_id)


@page(Action.PROFILES_MANAGE, "POST")
def delete(request: PageRequest, profile_id: UUID) -> HttpResponseBase:
    row = voices.profile(request.caller, profile_id)
    done = _("Profile deleted, with its voices. Names in transcripts stay.")
    attempt(request, done, lambda: voices.delete(caller=request.caller, profile=row))
    return _to_list(request)


@page(Action.TRANSCRIPTS_WRITE, "POST")
def decide(request: PageRequest, match_id: UUID) -> HttpResponseBase:
    """Accept, reject or take back."""
    row = voices.match(request.caller, match_id)
    decisions = {
        "accept": (voices.accept, _("Accepted. The speaker has the name now.")),
        "reject": (voices.reject, _("Rejected. It is not suggested again.")),
        "take_back": (voices.take_back, _("Taken back. The profile has forgotten this voice.")),
    }
    decision = request.POST.get("decision", "")
    if decision not in decisions:
        messages.error(request, _("Choose whether it is this person."))
        return _to_list(request)
    act, done = decisions[decision]
    attempt(request, done, lambda: act(caller=request.caller, match=row))
    return redirect(came_from(request, f"/o/{request.caller.organization.slug}/speakers"))


def _to_list(request: PageRequest) -> HttpResponseBase:
    return redirect("speakers", slug=request.caller.organization.slug)
