"""Transcripts measured against reference texts, over the API and on the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from config.common.clock import now
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.factories import make_evaluation, make_job, make_transcript
from transcription.models import Evaluation, Transcript
from transcription.states import JobStatus
from transcription.views.quality_chart import chart

pytestmark = pytest.mark.django_db
Api = Callable[..., ApiClient]
Browser = Callable[..., Client]
SRT = "1\n00:00:00,000 --> 00:00:02,000\nLine number one.\n\n2\n00:00:02,000 --> 00:00:04,000\nLine number two.\n"


@pytest.fixture
def transcript(organization: Organization) -> Transcript:
    """“Line number 1. Line number 2.”"""
    return make_transcript(organization)


def address(transcript: Transcript, path: str) -> str:
    return f"/o/{transcript.organization.slug}/{path}"


def test_an_evaluation_over_the_api(transcript: Transcript, bob: User, api: Api) -> None:
    body = {"transcript": str(transcript.pk), "reference": "Line number one. A line number two."}
    answer = api(bob).post("/evaluations", body)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["words"], made["substitutions"], made["insertions"], made["deletions"]) == (7, 2, 0, 1)
    assert made["wer"] == pytest.approx(3 / 7)
    assert made["alignment"][2] == {"kind": "substitute", "reference": "one.", "hypothesis": "1."}
    assert api(bob).get(f"/evaluations/{made['id']}").json() == made
    [listed] = api(bob).get("/evaluations").json()["data"]
    assert listed == {
        name: value for name, value in made.items() if name not in ("reference", "hypothesis", "alignment")
    }
    row = Evaluation.objects.get()
    assert (row.created_by, row.engine, row.model, row.language) == (bob, "fake", "fake", "en")


def test_the_folding_is_chosen(transcript: Transcript, bob: User, api: Api) -> None:
    body = {"transcript": str(transcript.pk), "reference": "LINE number one line number two"}
    assert api(bob).post("/evaluations", {**body, "folding": {"numbers": True}}).json()["wer"] == 0
    strict = api(bob).post("/evaluations", {**body, "folding": {"case": False, "arabic": None}}).json()
    assert strict["substitutions"] == 4
    assert strict["folding"] == {"case": False, "punctuation": True, "numbers": False, "arabic": None}


def test_subtitles_as_reference(transcript: Transcript, bob: User, api: Api) -> None:
    body = {"transcript": str(transcript.pk), "reference": SRT, "format": "srt", "folding": {"numbers": True}}
    made = api(bob).post("/evaluations", body).json()
    assert (made["wer"], made["reference"]) == (0, "Line number one.\nLine number two.")


@pytest.mark.parametrize("format", ["txt", "srt", "vtt"])
def test_an_exported_file_that_comes_back_is_right(transcript: Transcript, bob: User, api: Api, format: str) -> None:
    """The names before its lines are nobody's words, in whatever language the file has them."""
    transcript.speakers.update(name="Nadia (host)")
    answer = api(bob).get(f"/transcripts/{transcript.pk}/export?format={format}")
    file = answer.getvalue().decode()
    assert "Nadia (host)" in file
    made = api(bob).post("/evaluations", {"transcript": str(transcript.pk), "reference": file, "format": format})
    assert made.json()["wer"] == 0, made.json()["alignment"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reference": ""}, "reference"),
        ({"reference": " ... "}, "reference"),
        ({"reference": "no times", "format": "vtt"}, "reference"),
        ({"format": "docx"}, "format"),
        ({"transcript": "00000000-0000-0000-0000-000000000000"}, "transcript"),
        ({"folding": {"colour": True}}, "folding.colour"),
        ({"reference": "x" * 500_001}, "reference"),
    ],
)
def test_what_cannot_be_compared(
    transcript: Transcript, bob: User, api: Api, change: dict[str, object], field: str
) -> None:
    answer = api(bob).post("/evaluations", {"transcript": str(transcript.pk), "reference": "words", **change})
    assert answer.status_code == 422, answer.content
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Evaluation.objects.exists()


def test_the_list_is_filtered(transcript: Transcript, bob: User, api: Api) -> None:
    make_evaluation(transcript, model="small")
    make_evaluation(transcript, model="large-v3", dialect="iraqi")
    found = api(bob).get("/evaluations?dialect=iraqi").json()["data"]
    assert [row["model"] for row in found] == ["large-v3"]


def test_an_edit_later_does_not_change_what_was_measured(transcript: Transcript, bob: User, api: Api) -> None:
    made = api(bob).post("/evaluations", {"transcript": str(transcript.pk), "reference": "Line number 1."}).json()
    line = transcript.segments.earliest("position")
    line.set_text("Something else")
    line.save()
    assert api(bob).get(f"/evaluations/{made['id']}").json()["alignment"] == made["alignment"]


# --- Pages ------------------------------------------------------------------------------------------------------------
def test_from_the_transcript_to_the_differences(transcript: Transcript, bob: User, client_for: Browser) -> None:
    client = client_for(bob)
    page = client.get(address(transcript, f"transcripts/{transcript.pk}")).content.decode()
    form = address(transcript, f"transcripts/{transcript.pk}/evaluate")
    assert f'href="{form}"' in page
    assert client.get(form).status_code == 200
    said = {"text": "Line number one. Line 2. Bye.", "punctuation": "on", "arabic": "on"}
    answer = client.post(form, said, follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain[-1][0].startswith(address(transcript, "quality/"))
    assert '<del class="missing">one.</del> <ins class="added">1.</ins>' in text
    assert '<ins class="added">number</ins>' in text
    assert '<del class="missing">Bye.</del>' in text


def test_a_file_is_taken(transcript: Transcript, bob: User, client_for: Browser) -> None:
    form = address(transcript, f"transcripts/{transcript.pk}/evaluate")
    file = SimpleUploadedFile("said.srt", SRT.encode("utf-16"))
    client_for(bob).post(form, {"file": file, "case": "on", "punctuation": "on", "numbers": "on"})
    row = Evaluation.objects.get()
    assert (row.wer, row.folding["arabic"]) == (0, None)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Paste the text, or choose a file."),
        ({"text": "...", "punctuation": "on"}, "There is no word in the reference."),
        ({"file": SimpleUploadedFile("said.txt", b"")}, "The submitted file is empty."),
        ({"file": SimpleUploadedFile("said.docx", b"PK")}, "ends in .txt, .srt or .vtt"),
        ({"file": SimpleUploadedFile("said.txt", b"\xff\x00\xff")}, "no text in UTF-8"),
    ],
)
def test_what_a_form_is_told(
    transcript: Transcript, bob: User, client_for: Browser, data: dict[str, object], words: str
) -> None:
    answer = client_for(bob).post(address(transcript, f"transcripts/{transcript.pk}/evaluate"), data)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert (words in page, page.count('class="field-errors"') <= 1) == (True, True), "one mistake, one sentence"


def test_the_quality_page_draws_and_lists(transcript: Transcript, carol: User, client_for: Browser) -> None:
    client = client_for(carol)
    assert "Nothing measured yet" in client.get(address(transcript, "quality")).content.decode()
    rows = [make_evaluation(transcript, model=model) for model in ("small", "small", "large-v3")]
    Evaluation.objects.filter(pk=rows[0].pk).update(wer=0.5, created_at=now() - timedelta(days=9))
    page = client.get(address(transcript, "quality")).content.decode()
    assert "style=" not in re.sub(r"<head>.*?</head>", "", page, flags=re.DOTALL)
    drawing = page[page.index('<svg class="chart"') :].partition("</svg>")[0]
    assert (drawing.count("<circle"), drawing.count("<polyline")) == (3, 2)
    table = page[page.index('id="chart-data"') :].partition("</table>")[0]
    # In the middle every word counts the same, whatever rates the rows say.
    cells = re.findall(r'<td class="end numbers">([^<]*)</td>', table)
    assert cells == ["2", "25.0 %", "25.0 %", "1", "25.0 %", "25.0 %"]


def test_an_evaluation_says_how_it_was_made(transcript: Transcript, carol: User, client_for: Browser) -> None:
    row = make_evaluation(
        transcript, dialect="iraqi", reference="one two three four", hypothesis="one two five six four"
    )
    carol.language = "ar"
    carol.save()
    for path in ("quality", f"quality/{row.pk}"):
        page = client_for(carol).get(address(transcript, path)).content.decode()
        assert ("iraqi" in page, "العراقية" in page) == (False, True)
    User.objects.filter(pk=carol.pk).update(language="en")
    page = client_for(carol).get(address(transcript, f"quality/{row.pk}")).content.decode()
    assert "Punctuation does not count" in page
    Evaluation.objects.filter(pk=row.pk).update(
        folding={"case": False, "punctuation": False, "numbers": False, "arabic": None}
    )
    page = client_for(carol).get(address(transcript, f"quality/{row.pk}")).content.decode()
    assert ("Punctuation does not count" in page, "Every difference counts" in page) == (False, True)


def test_what_lacks_in_a_row_is_one_piece(transcript: Transcript, carol: User, client_for: Browser) -> None:
    row = make_evaluation(transcript, reference="one " + "word " * 500 + "end", hypothesis="one end")
    page = client_for(carol).get(address(transcript, f"quality/{row.pk}")).content.decode()
    assert page.count("<del") == 2, "the legend's, and the piece itself"
    assert "word word word" in page


def test_viewers_look_and_members_delete(transcript: Transcript, bob: User, carol: User, client_for: Browser) -> None:
    row = make_evaluation(transcript)
    delete = address(transcript, f"quality/{row.pk}/delete")
    assert client_for(carol).post(delete).status_code == 403
    assert client_for(carol).get(address(transcript, f"transcripts/{transcript.pk}/evaluate")).status_code == 403
    assert client_for(bob).post(delete).status_code == 302
    assert not Evaluation.objects.exists()
    assert Transcript.objects.exists()


def test_strangers_see_nothing(transcript: Transcript, mallory: User, client_for: Browser) -> None:
    row = make_evaluation(transcript)
    slug = Organization.objects.of_user(mallory).get().slug
    for path in ("quality", f"quality/{row.pk}"):
        assert client_for(mallory).get(address(transcript, path)).status_code == 404
    assert client_for(mallory).get(f"/o/{slug}/quality/{row.pk}").status_code == 404
    assert client_for(mallory).get(f"/o/{slug}/transcripts/{transcript.pk}/evaluate").status_code == 404


def test_points_lie_inside_the_drawing(organization: Organization) -> None:
    job = make_job(organization, status=JobStatus.COMPLETED)
    transcript = make_transcript(organization, job)
    rows = [make_evaluation(transcript, wer=wer, model=f"m{n}") for n, wer in enumerate([0.0, 0.05, 3.0] * 4)]
    drawn = chart(rows)
    assert drawn is not None
    assert drawn.hidden == 4, "as many as there are colours"
    points = [point for series in drawn.series for point in series.points]
    assert all(drawn.left <= point.x <= drawn.right and 0 < point.y <= drawn.bottom for point in points)
    assert chart([]) is None


@pytest.mark.parametrize(
    ("worst", "percents"), [(0.07, (0, 2, 4, 6, 8)), (0.09, (0, 3, 6, 9, 12)), (3.2, (0, 100, 200, 300, 400))]
)
def test_labels_say_where_the_lines_are(organization: Organization, worst: float, percents: tuple[int, ...]) -> None:
    job = make_job(organization, status=JobStatus.COMPLETED)
    drawn = chart([make_evaluation(make_transcript(organization, job), wer=worst)])
    assert drawn is not None
    assert tuple(percent for _y, percent in drawn.grid) == percents


# --- Doubts on the transcript page ------------------------------------------------------------------------------------
def test_a_doubt_is_shown_with_its_reason(transcript: Transcript, carol: User, client_for: Browser) -> None:
    line = transcript.segments.earliest("position")
    line.flags = [{"type": "silence", "reason": "No speech was heard where this text stands."}]
    line.save()
    page = client_for(carol).get(address(transcript, f"transcripts/{transcript.pk}")).content.decode()
    assert page.count("line-flag") == 3, "the line's own, and a pattern with its name for lines that scripts draw"
    assert '<span dir="auto">No speech was heard where this text stands.</span>' in page


def test_a_file_is_as_long_as_its_letters(transcript: Transcript, bob: User, client_for: Browser) -> None:
    """300,000 Arabic letters are 600,000 bytes, and may be pasted too."""
    file = SimpleUploadedFile("said.txt", ("سلام " * 60_000).encode())
    answer = client_for(bob).post(address(transcript, f"transcripts/{transcript.pk}/evaluate"), {"file": file})
    assert answer.status_code == 302, answer.content
