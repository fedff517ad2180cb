"""Suggestions of voices on the pages of an organization's speakers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from organizations.models import Organization
from tests.factories import make_match, make_profile, make_transcript, make_voice
from transcription.models import Segment

pytestmark = pytest.mark.django_db


def test_a_suggestion_leads_to_the_voice_and_a_rejection_can_be_mended(
    organization: Organization, dana: User, client_for: Callable[..., Client]
) -> None:
    profile, speaker = make_profile(organization), make_transcript(organization).speakers.get()
    make_voice(speaker)
    own = {"organization": organization, "transcript": speaker.transcript, "speaker": speaker}
    for number, (start, end) in enumerate([(90_000, 91_000), (95_500, 99_000)], start=900):
        Segment.objects.bulk_create([Segment.folded(text="Yes.", position=number, start_ms=start, end_ms=end, **own)])
    match = make_match(profile, speaker)
    client, home = client_for(dana), f"/o/{organization.slug}/speakers"
    assert f"/transcripts/{speaker.transcript_id}?t=95.500" in client.get(home).content.decode()
    client.post(f"{home}/matches/{match.pk}", {"decision": "reject"})
    page = client.get(f"{home}/{profile.pk}").content.decode()
    assert "Rejected suggestions" in page
    assert ('value="accept"' in page, 'value="reject"' in page) == (True, False)
    client.post(f"{home}/matches/{match.pk}", {"decision": "accept"})
    page = client.get(f"{home}/{profile.pk}").content.decode()
    assert ("Rejected suggestions" in page, 'value="take_back"' in page) == (False, True)
