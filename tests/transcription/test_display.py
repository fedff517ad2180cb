"""Arabic as its reader wants it, in exports, over the API and by preference; the text itself never changes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import docx
import pytest
from django.test import Client

from accounts.models import User
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.factories import make_transcript
from transcription.asr.export import FORMATS
from transcription.asr.serial import words_to_json
from transcription.asr.types import Word
from transcription.models import Transcript

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]
TEXT, PLAIN = "قالَ مُحَمَّدٌ 25", "قال محمد ٢٥"


@pytest.fixture
def transcript(organization: Organization) -> Transcript:
    """One line of Arabic with diacritics and Latin digits, one of English."""
    made = make_transcript(organization, language="ar")
    line = made.segments.earliest("position")
    line.set_text(TEXT)
    line.words = words_to_json([Word(word, 0, 900, 0.9, "S1") for word in TEXT.split()])
    line.save()
    return made


def exported(client: ApiClient, transcript: Transcript, query: str) -> bytes:
    answer = client.get(f"/transcripts/{transcript.pk}/export?{query}")
    assert answer.status_code == 200, answer.content
    return bytes(answer.getvalue())


@pytest.mark.parametrize("format", [name for name in FORMATS if name not in ("docx", "pdf")])
def test_every_text_format(format: str, transcript: Transcript, carol: User, api: Api) -> None:
    client = api(carol)
    plain = exported(client, transcript, f"format={format}&diacritics=0&digits=arabic").decode()
    for word in PLAIN.split():
        assert word in plain
    assert "مُحَمَّدٌ" not in plain
    assert "number 2" in plain, "the English line stays"
    assert "مُحَمَّدٌ" in exported(client, transcript, f"format={format}").decode()


def test_word_documents(transcript: Transcript, carol: User, api: Api) -> None:
    file = docx.Document(io.BytesIO(exported(api(carol), transcript, "format=docx&diacritics=0&digits=arabic")))
    assert PLAIN in "\n".join(paragraph.text for paragraph in file.paragraphs)


def test_over_the_api(transcript: Transcript, carol: User, api: Api) -> None:
    own = f"/transcripts/{transcript.pk}"
    for path in (own, f"{own}/segments"):
        answer = api(carol).get(f"{path}?diacritics=0&digits=arabic").json()
        first, second = answer["segments" if path == own else "data"]
        assert (first["text"], [word["text"] for word in first["words"]]) == (PLAIN, PLAIN.split())
        assert second["text"] == "Line number 2."
        raw = api(carol).get(path).json()
        assert raw["segments" if path == own else "data"][0]["text"] == TEXT
    assert transcript.segments.earliest("position").text == TEXT


@pytest.mark.parametrize("query", ["digits=roman", "diacritics=maybe"])
def test_what_is_not_known(query: str, transcript: Transcript, carol: User, api: Api) -> None:
    for path in ("", "/segments", "/export"):
        answer = api(carol).get(f"/transcripts/{transcript.pk}{path}?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, query.split("=", maxsplit=1)[0])


def test_a_persons_own_preference(
    transcript: Transcript, carol: User, api: Api, client_for: Callable[..., Client]
) -> None:
    me = api(carol).get("/auth/me").json()
    assert (me["diacritics"], me["digits"]) == (True, "as_is")
    changed: dict[str, Any] = api(carol).patch("/auth/me", {"diacritics": False, "digits": "arabic"}).json()
    assert (changed["diacritics"], changed["digits"]) == (False, "arabic")
    address = f"/o/{transcript.organization.slug}/transcripts/{transcript.pk}/download/txt"
    client = client_for(carol)
    assert PLAIN in client.get(address).getvalue().decode()
    assert TEXT in client.get(f"{address}?diacritics=1&digits=as_is").getvalue().decode()


def test_the_preference_is_set_in_a_browser(carol: User, client_for: Callable[..., Client]) -> None:
    client = client_for(carol)
    assert "Digits in Arabic text" in client.get("/preferences").content.decode()
    form = {"theme": "dark", "time_zone": "Asia/Baghdad", "digits": "latin"}
    assert client.post("/preferences", form).status_code == 302
    carol.refresh_from_db()
    assert (carol.digits, carol.diacritics) == ("latin", False)
