"""The queue of doubtful places over HTTP, and what takes a place out of it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.transcription.editing.talks import Editor
from transcription.models import Segment, Transcript

pytestmark = pytest.mark.django_db
REASON = "No speech was heard where this text stands."


@pytest.fixture(autouse=True)
def doubts(transcript: Transcript) -> None:
    """A word of low confidence, one whose time was guessed, a flagged line, and two voices at once."""
    lines = list(transcript.segments.order_by("position"))
    lines[0].words[2][3] = 0.3
    lines[0].words[3][5] = True
    lines[1].flags = [{"type": "silence", "reason": REASON}]
    lines[4].start_ms = lines[3].end_ms - 500
    Segment.objects.bulk_update(lines, ["words", "flags", "start_ms"])


def ask(editor: Editor, **query: Any) -> dict[str, Any]:
    words = "&".join(f"{name}={value}" for name, value in query.items())
    answer = editor.api.get(f"{editor.path}/review?{words}")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def walk(editor: Editor, **query: Any) -> list[tuple[int, int | None, list[str]]]:
    """(line, word, reasons) from the first place to the last."""
    numbers = {line["id"]: at for at, line in enumerate(editor.lines())}
    found: list[tuple[int, int | None, list[str]]] = []
    queue = ask(editor, **query)
    while place := queue["place"]:
        assert queue["left"] == queue["total"] - len(found)
        found.append((numbers[place["segment"]], place["word"], place["reasons"]))
        here = {"after": place["segment"], "word": -1 if place["word"] is None else place["word"]}
        queue = ask(editor, **query, **({"after": here["after"]} if place["word"] is None else here))
    assert queue["left"] == 0
    return found


PLACES = [
    (0, 2, ["low_confidence"]),
    (0, 3, ["interpolated"]),
    (1, None, ["silence"]),
    (4, None, ["overlap"]),
]


def test_every_place_in_order(editor: Editor) -> None:
    assert walk(editor) == PLACES


def test_the_threshold(editor: Editor) -> None:
    assert [place[:2] for place in walk(editor, threshold=0.3)] == [(0, 3), (1, None), (4, None)]
    assert ask(editor, threshold=0.95)["total"] == 30 + 2
    for wrong in ("2", "-1", "much", "nan"):
        assert editor.api.get(f"{editor.path}/review?threshold={wrong}").status_code == 422


def test_accepting_takes_places_out(editor: Editor) -> None:
    for number, word in ((0, 2), (0, 3), (1, None), (4, None)):
        line = editor.lines()[number]
        editor.done(editor.ask("POST", f"segments/{line['id']}/accept", {"word": word}, line=line))
    assert ask(editor) == {"place": None, "left": 0, "total": 0}
    lines = editor.lines()
    assert lines[0]["words"][2]["confidence"] == 1.0 and lines[0]["words"][3]["interpolated"]
    assert lines[1]["flags"] == [{"type": "silence", "reason": REASON, "hidden": True}]
    assert not any(line["edited"] for line in lines), "looking at a text is not editing it"
    for number in (4, 3, 2, 1):
        editor.done(editor.undo(number))
    assert walk(editor) == PLACES


def test_what_a_person_wrote_is_no_doubt(editor: Editor) -> None:
    editor.done(editor.edit(editor.lines()[0], text="Good morning to you all."))
    assert walk(editor) == PLACES[2:]


def test_a_word_that_is_not_there(editor: Editor) -> None:
    line = editor.lines()[0]
    answer = editor.ask("POST", f"segments/{line['id']}/accept", {"word": 99})
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "word"


def test_an_old_version_of_the_line_is_refused(editor: Editor) -> None:
    line = editor.lines()[0]
    editor.done(editor.edit(line, text="Other words."))
    assert editor.ask("POST", f"segments/{line['id']}/accept", {"word": 0}, line=line).status_code == 412


def test_flags_are_hidden_and_shown(editor: Editor) -> None:
    line = editor.lines()[1]
    path = f"segments/{line['id']}/flags"
    (after,) = editor.done(editor.ask("POST", path, {"type": "silence", "hidden": True}))["segments"]
    assert after["flags"] == [{"type": "silence", "reason": REASON, "hidden": True}]
    assert [place[0] for place in walk(editor)] == [0, 0, 4]
    answer = editor.api.get(f"{editor.path}/export?format=json")
    exported = orjson.loads(b"".join(answer.streaming_content))
    assert exported["segments"][1]["flags"] == [], "what a person found right is no doubt to others"
    (after,) = editor.done(editor.ask("POST", path, {"type": "silence", "hidden": False}))["segments"]
    assert after["flags"] == line["flags"] == [{"type": "silence", "reason": REASON, "hidden": False}]
    assert editor.ask("POST", path, {"type": "word_rate", "hidden": True}).status_code == 422


def test_behind_a_line_that_is_not_there(editor: Editor) -> None:
    for wrong in (editor.transcript.pk, "nonsense"):
        answer = editor.api.get(f"{editor.path}/review?after={wrong}")
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "after"
