"""Find and replace inside one transcript, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from organizations.models import Organization
from tests.factories import make_transcript
from tests.transcription.editing.talks import Editor, make_talk
from transcription.history import MOST_TOLD
from transcription.models import Operation

pytestmark = pytest.mark.django_db


def find(editor: Editor, text: str, **options: Any) -> list[str]:
    """What stands where each match is."""
    answer = editor.ask("POST", "replace", {"find": text, "dry_run": True, **options})
    assert answer.status_code == 200, answer.content
    body, texts = answer.json(), {line["id"]: line["text"] for line in editor.lines()}
    for match in body["matches"]:
        assert texts[match["segment"]][match["start"] : match["end"]] == match["text"]
    assert body["count"] == len(body["matches"])
    return [match["text"] for match in body["matches"]]


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("budget", {}, ["budget", "budget"]),
        ("BUDGET", {}, ["budget", "budget"]),
        ("BUDGET", {"case": True}, []),
        ("good", {}, ["Good", "good"]),
        ("Good", {"case": True}, ["Good"]),
        ("every", {}, ["every", "every"]),
        ("every", {"whole_word": True}, []),
        ("everybody", {"whole_word": True}, ["everybody", "everybody"]),
        ("budget?", {}, ["budget?"]),
        (".", {}, ["."] * 4),
        ("the budget", {"whole_word": True}, ["the budget", "The budget"]),
        ("Zanzibar", {}, []),
    ],
)
def test_find(editor: Editor, text: str, options: dict[str, bool], expected: list[str]) -> None:
    assert find(editor, text, **options) == expected
    assert editor.version() == 0


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("المدرسه", {"fold": True}, ["المَدرسةِ", "المدرسة"]),
        ("أحمد", {"fold": True}, ["احمد"]),
        ("احمد", {}, ["احمد"]),
        ("أحمد", {}, []),
        ("احمد", {"whole_word": True}, ["احمد"]),
        ("مدرسة", {"whole_word": True}, []),
        ("2026", {"fold": True}, ["٢٠٢٦"]),
    ],
)
def test_arabic(
    editor: Editor, organization: Organization, text: str, options: dict[str, bool], expected: list[str]
) -> None:
    said = [("S1", "ذهب احمد إلى المَدرسةِ."), ("S1", "المدرسة، في ٢٠٢٦")]
    assert find(Editor(editor.api, make_talk(organization, said)), text, **options) == expected


def test_a_word_does_not_end_at_a_diacritic(editor: Editor, organization: Organization) -> None:
    marked = Editor(editor.api, make_talk(organization, [("S1", "كتبَ الولد")]))
    assert find(marked, "كتب", whole_word=True) == []
    assert find(marked, "كتب") == ["كتب"]


def test_all_at_once_is_one_operation(editor: Editor) -> None:
    before = editor.lines()
    answer = editor.done(editor.ask("POST", "replace", {"find": "budget", "replace": "house \\1 plan"}))
    assert answer["operation"]["kind"] == "replace" and answer["version"] == 1
    assert [line["text"] for line in answer["segments"]] == [
        "Shall we begin with the house \\1 plan?",
        "The house \\1 plan is larger than last year.",
    ]
    kept = [word for word in answer["segments"][1]["words"] if not word["interpolated"]]
    assert [word["text"] for word in kept] == ["The", "is", "larger", "than", "last", "year."]
    assert {word["text"]: word["start"] for word in kept}.items() <= {
        word["text"]: word["start"] for word in before[3]["words"]
    }.items()
    editor.done(editor.undo(1))
    assert [{**line, "version": 1} for line in editor.lines()] == before


def test_only_in_some_lines(editor: Editor) -> None:
    lines = editor.lines()
    body = {"find": "budget", "replace": "plan", "segments": [lines[2]["id"]]}
    editor.done(editor.ask("POST", "replace", body))
    assert ["plan" in text for text in editor.texts()] == [False, False, True, False, False]


def test_folded(editor: Editor) -> None:
    editor.done(editor.ask("POST", "replace", {"find": "BUDGET", "replace": "plan", "fold": True}))
    assert editor.texts()[2] == "Shall we begin with the plan?"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"find": "", "replace": "x"}, "find"),
        ({"find": "budget"}, "replace"),
        ({"find": "…", "replace": "x", "fold": True}, "find"),
        ({"find": "a" * 201, "dry_run": True}, "find"),
    ],
)
def test_what_cannot_be_asked(editor: Editor, body: dict[str, Any], field: str) -> None:
    answer = editor.ask("POST", "replace", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_no_match_is_no_operation(editor: Editor) -> None:
    assert editor.done(editor.ask("POST", "replace", {"find": "Zanzibar", "replace": "x"}))["operation"] is None
    assert not Operation.objects.exists()


class TestMany:
    """Of an operation on more lines than an answer tells, the rest is read again."""

    LINES = MOST_TOLD + 60

    @pytest.fixture
    def many(self, editor: Editor, organization: Organization) -> Editor:
        return Editor(editor.api, make_transcript(organization, lines=self.LINES))

    def test_the_answer_has_a_part(self, many: Editor) -> None:
        before = many.texts()
        answer = many.done(many.ask("POST", "replace", {"find": "Line", "replace": "Row"}))
        assert (answer["truncated"], len(answer["segments"]), answer["removed"]) == (True, MOST_TOLD, [])
        assert answer["segments"][0]["text"] == "Row number 1."
        assert many.texts() == [text.replace("Line", "Row") for text in before]
        undone = many.done(many.undo(1))
        assert (undone["truncated"], len(undone["segments"])) == (True, MOST_TOLD)
        assert many.texts() == before

    def test_the_news_of_it_have_none(self, many: Editor) -> None:
        many.done(many.ask("POST", "replace", {"find": "Line", "replace": "Row"}))
        many.done(many.edit(many.lines()[0], text="One."))
        news = many.api.get(f"{many.path}/changes?since=0").json()
        assert (news["version"], news["truncated"], news["segments"], news["removed"]) == (2, True, [], [])
        assert [one["label"] for one in news["speakers"]] == ["S1"]
        news = many.api.get(f"{many.path}/changes?since=1").json()
        assert (news["truncated"], [line["text"] for line in news["segments"]]) == (False, ["One."])

    def test_many_small_ones(self, many: Editor) -> None:
        ids = [line["id"] for line in many.lines()]
        half = len(ids) // 2
        speaker = many.done(many.ask("POST", "speakers", {"name": "Omar"}), 201)["speakers"][1]["id"]
        for chosen in (ids[:half], ids[half:]):
            answer = many.done(many.ask("POST", "assign", {"segments": chosen, "speaker": speaker}))
            assert (answer["truncated"], len(answer["segments"])) == (False, half)
        assert many.api.get(f"{many.path}/changes?since=1").json()["truncated"]
        assert not many.api.get(f"{many.path}/changes?since=2").json()["truncated"]
