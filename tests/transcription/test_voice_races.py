"""Two people who decide at the same time whose voice it is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import User
from config.common.errors import ApplicationError
from organizations.authenticate import caller_for_user
from organizations.models import Organization
from organizations.tenancy import Caller
from tests.factories import make_match, make_profile, make_speaker, make_transcript, make_voice
from transcription.models import Transcript, VoiceMatch
from transcription.models.voices import MatchState
from transcription.services import voices

pytestmark = pytest.mark.django_db(transaction=True)


def accepted(caller: Caller, match: VoiceMatch, together: Barrier) -> str:
    """How it went: "accepted", or why not."""
    try:
        together.wait()
        voices.accept(caller=caller, match=match)
    except ApplicationError as error:
        return error.error_type
    finally:
        connection.close()
    return "accepted"


def two_suggestions(transcript: Transcript, label: str) -> list[VoiceMatch]:
    speaker = make_speaker(transcript, label)
    make_voice(speaker)
    return [make_match(make_profile(transcript.organization, name=name), speaker) for name in ("Layla", "Nadia")]


def test_a_speaker_is_one_person(organization: Organization, alice: User) -> None:
    """The second is told that the suggestion is gone: the first closed it."""
    caller, transcript = caller_for_user(alice, organization.slug), make_transcript(organization)
    for label in ("S21", "S22", "S23"):
        matches, together = two_suggestions(transcript, label), Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            told = list(pool.map(lambda match, at=together: accepted(caller, match, at), matches))
        assert sorted(told) == ["accepted", "not_found"]
        assert VoiceMatch.objects.filter(speaker=matches[0].speaker, state=MatchState.ACCEPTED).count() == 1
