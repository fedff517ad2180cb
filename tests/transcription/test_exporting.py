"""The export's preview and the check of subtitles: in the browser as by the API, and never the whole of ten hours."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import User
from organizations.models import Organization
from tests.factories import make_transcript
from transcription.asr.export import FORMATS, ExportOptions
from transcription.models import Segment, Transcript
from transcription.models.transcripts import POSITION_STEP
from transcription.services import subtitles, transcripts
from transcription.views.company_forms import FOR, ExportForm

pytestmark = pytest.mark.django_db
ClientFor = Callable[..., Client]


@pytest.fixture
def transcript(organization: Organization) -> Transcript:
    """Three lines with silence between them, each a subtitle of its own."""
    made = make_transcript(organization, lines=3, duration_ms=30_000)
    for at, line in enumerate(Segment.objects.filter(transcript=made).order_by("position")):
        Segment.objects.filter(pk=line.pk).update(start_ms=at * 8_000, end_ms=at * 8_000 + 1_800, words=[])
    return made


@pytest.fixture
def reader(client_for: ClientFor, carol: User) -> Client:
    return client_for(carol)


def page(transcript: Transcript, name: str = "export") -> str:
    return f"/o/{transcript.organization.slug}/transcripts/{transcript.pk}/{name}"


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize("format", [name for name, one in FORMATS.items() if one.render])
def test_the_preview_is_the_beginning_of_the_file(transcript: Transcript, format: str) -> None:
    shown = transcripts.preview(transcript, format=format, query={})
    file = b"".join(transcripts.export_file(transcript, format=format, query={}).pieces).decode()
    assert not shown.is_cut
    assert shown.text == file


@pytest.mark.parametrize("format", ["docx", "pdf"])
def test_a_document_is_shown_by_its_paragraphs(reader: Client, transcript: Transcript, format: str) -> None:
    """With the times and names that it has above them, each in the direction of its own text."""
    _first, second, _third = Segment.objects.filter(transcript=transcript).order_by("position")
    second.set_text("السلام عليكم")
    second.save()
    query = f"?format={format}&timestamps=1&paragraphs=0"
    shown = reader.get(page(transcript) + query).content.decode()
    assert '<div class="export-block" dir="rtl">' in shown and "السلام عليكم" in shown
    assert "<strong>Speaker 1</strong>" in shown and "00:00:08" in shown
    plain = reader.get(page(transcript) + f"?format={format}&speakers=0").content.decode()
    assert "export-head" not in plain


class TestFirstPage:
    """Of a PDF the page shows the first page itself."""

    def picture(self, reader: Client, transcript: Transcript, query: str = "") -> bytes:
        shown = reader.get(f"{page(transcript)}?format=pdf{query}").content.decode()
        (address,) = re.findall(r'<img class="export-page-one" src="([^"]+)"', shown)
        answer = reader.get(unescape(address))
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")
        assert answer.content.startswith(b"<svg")
        return bytes(answer.content)

    def test_follows_the_options(self, reader: Client, transcript: Transcript) -> None:
        whole = self.picture(reader, transcript)
        assert self.picture(reader, transcript) == whole
        assert self.picture(reader, transcript, "&timestamps=1") != whole
        assert self.picture(reader, transcript, "&speakers=0") != whole

    def test_of_ten_hours_is_of_the_first_lines(self, reader: Client, organization: Organization) -> None:
        long = make_transcript(organization, lines=transcripts.PREVIEW_LINES * 3)
        shown = transcripts.preview(long, format="pdf", query={"paragraphs": "0"})
        assert shown.is_cut and len(shown.blocks) == transcripts.PREVIEW_LINES
        whole = self.picture(reader, long, "&paragraphs=0")
        Segment.objects.filter(transcript=long, position__gt=transcripts.PREVIEW_LINES * POSITION_STEP).delete()
        assert self.picture(reader, long, "&paragraphs=0") == whole

    def test_of_endless_lines_is_of_what_a_page_holds(self, transcript: Transcript) -> None:
        Segment.objects.filter(transcript=transcript).update(text="word " * transcripts.PREVIEW_LETTERS)
        (block,) = transcripts.preview(transcript, format="pdf", query={"paragraphs": "0"}).blocks
        assert len(block.text) <= transcripts.PREVIEW_LETTERS

    def test_is_only_for_those_who_may_read(self, client_for: ClientFor, mallory: User, transcript: Transcript) -> None:
        address = f"{page(transcript)}?format=pdf&picture=1"
        assert client_for(mallory).get(address).status_code == 404
        assert Client().get(address).status_code == 302

    def test_of_what_cannot_be_is_none(self, reader: Client, transcript: Transcript) -> None:
        answer = reader.get(f"{page(transcript)}?format=pdf&picture=1&digits=roman")
        assert answer.context["problem"] and b"export-page-one" not in answer.content


def test_a_long_text_is_not_read_whole(organization: Organization) -> None:
    long = make_transcript(organization, lines=300)
    shown = transcripts.preview(long, format="txt", query={"paragraphs": "0"})
    assert shown.is_cut
    assert f"number {transcripts.PREVIEW_LINES}." in shown.text
    assert f"number {transcripts.PREVIEW_LINES + 1}." not in shown.text


def test_the_page_downloads_what_it_shows(reader: Client, transcript: Transcript) -> None:
    query = "?format=srt&speakers=0&max_chars=12&max_lines=1"
    shown = reader.get(page(transcript) + query).context["preview"].text
    file = reader.get(page(transcript) + query + "&download=1")
    assert file["Content-Disposition"] == 'attachment; filename="meeting.mp3.srt"'
    assert content(file).decode() == shown
    assert max(len(line) for line in shown.split("\n") if "-->" not in line) <= 12
    assert "GET /api/v1/transcripts/" in reader.get(page(transcript) + query).content.decode()


def test_the_page_and_the_api_agree(reader: Client, api: Any, carol: User, transcript: Transcript) -> None:
    for query in ("?format=txt&timestamps=1&paragraphs=0", "?format=vtt&max_cps=9.5", "?format=csv&bom=1"):
        named = reader.get(page(transcript) + query).context["api_path"]
        by_api = api(carol).get(named.removeprefix("/api/v1"))
        assert content(by_api) == content(reader.get(page(transcript) + query + "&download=1"))


def test_a_box_that_is_not_ticked_means_no(reader: Client, transcript: Transcript) -> None:
    """A form sends a hidden 0 before each box, because some are on where nobody says anything."""
    without = reader.get(page(transcript) + "?format=txt&speakers=0").context["preview"].text
    ticked = reader.get(page(transcript) + "?format=txt&speakers=0&speakers=1").context["preview"].text
    assert without.startswith("Line") and ticked.startswith("Speaker 1: Line")


@pytest.mark.parametrize("readers", ["en", "ar"])
def test_who_has_no_name_is_called_in_the_language_of_the_transcript(organization: Organization, readers: str) -> None:
    """However the pages are; in a language that we do not speak, as the pages are. The label stays for programs."""
    for spoken, said in (("ar", "ar"), ("en", "en"), ("fr", readers)):
        row = make_transcript(organization, lines=1, language=spoken)
        with translation.override(said):
            name = translation.gettext("Speaker {number}").format(number=1)
        with translation.override(readers):
            text = transcripts.preview(row, format="txt", query={}).text
            data = json.loads(b"".join(transcripts.export_file(row, format="json", query={}).pieces))
        assert text.startswith(f"{name}: ")
        assert (data["speakers"][0]["label"], data["speakers"][0]["name"]) == ("S1", name)


@pytest.mark.parametrize(("query", "is_ticked"), [("", True), ("?format=txt", True), ("?format=txt&speakers=0", False)])
def test_boxes_are_ticked_as_the_preview_is(
    reader: Client, transcript: Transcript, query: str, is_ticked: bool
) -> None:
    shown = reader.get(page(transcript) + query).content.decode()
    (box,) = re.findall(r'<input class="tick"[^>]* name="speakers"[^>]*>', shown)
    assert ("checked" in box) == is_ticked


def test_every_option_of_the_api_is_on_the_page() -> None:
    known = set(ExportForm().fields) - {"format"}
    assert known == set(FOR) == {option.name for option in fields(ExportOptions)}


@pytest.mark.parametrize("query", ["?format=exe", "?format=srt&max_chars=2", "?format=srt&min_duration=9"])
def test_what_cannot_be_is_said_on_the_page(reader: Client, transcript: Transcript, query: str) -> None:
    answer = reader.get(page(transcript) + query)
    assert answer.status_code == 200 and answer.context["problem"]
    assert reader.get(page(transcript) + query + "&download=1").context["problem"]


def test_parts_for_the_dialog(reader: Client, transcript: Transcript) -> None:
    asked = {"HX-Request": "true"}
    dialog = reader.get(page(transcript), headers=asked).content.decode()
    assert "<form" in dialog and "<html" not in dialog
    shown = reader.get(page(transcript) + "?format=srt", headers={**asked, "HX-Target": "export-preview"})
    assert "<form" not in shown.content.decode() and "--&gt;" in shown.content.decode()


class TestSubtitles:
    @pytest.fixture
    def crowded(self, transcript: Transcript) -> Transcript:
        """The second line is far too fast, the third begins in the middle of it."""
        _first, second, third = Segment.objects.filter(transcript=transcript).order_by("position")
        second.set_text("A great many words that nobody could ever read in so short a time as this, whoever they are.")
        second.save()
        Segment.objects.filter(pk=third.pk).update(start_ms=second.end_ms - 500, end_ms=second.end_ms + 1_500)
        return transcript

    def test_every_cue_with_what_is_wrong(self, api: Any, carol: User, crowded: Transcript) -> None:
        data = api(carol).get(f"/transcripts/{crowded.pk}/subtitles?speakers=0").json()["data"]
        assert data[0] == {
            "start": 0.0, "end": 1.8, "lines": ["Line number 1."], "speaker": data[0]["speaker"],
            "characters_per_second": 7.8, "issues": [],
        }  # fmt: skip
        assert "too_fast" in data[1]["issues"]
        assert any("overlap" in cue["issues"] for cue in data[1:])

    def test_the_rules_are_the_callers(self, api: Any, carol: User, crowded: Transcript) -> None:
        path = f"/transcripts/{crowded.pk}/subtitles?speakers=0"
        issues = [cue["issues"] for cue in api(carol).get(f"{path}&max_cps=100").json()["data"]]
        assert issues and not any("too_fast" in one for one in issues)
        assert api(carol).get(f"{path}&max_chars=2").status_code == 422
        assert api(carol).get(f"{path}&format=srt&colour=red").status_code == 422

    def test_by_stretches(self, api: Any, carol: User, transcript: Transcript) -> None:
        program = api(carol)
        first = program.get(f"/transcripts/{transcript.pk}/subtitles?limit=2").json()
        assert len(first["data"]) == 2
        rest = program.get(first["next"].split("/api/v1")[1]).json()
        assert [cue["lines"] for cue in rest["data"]] == [["Speaker 1: Line number 3."]] and rest["next"] is None

    def test_the_page(self, reader: Client, crowded: Transcript) -> None:
        answer = reader.get(page(crowded, "subtitles") + "?speakers=0")
        assert "Too fast to read" in answer.content.decode()
        assert answer.context["total"] > answer.context["troubled"] > 0
        only = reader.get(page(crowded, "subtitles") + "?only=1")
        assert len(only.context["cues"]) == only.context["troubled"]
        assert reader.get(page(crowded, "subtitles") + "?max_cps=nothing").context["problem"]
        assert reader.get(page(crowded, "subtitles") + "?cursor=nothing").context["problem"]

    def test_a_stretch_is_bounded(self, organization: Organization) -> None:
        long = make_transcript(organization, lines=subtitles.MOST_LINES + 50)
        found = subtitles.stretch(long, {}, limit=10_000)
        assert found.next_cursor is not None
        assert found.cues[-1].cue.end_ms <= subtitles.MOST_LINES * 2000
