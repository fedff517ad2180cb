"""Speakers over HTTP: named, coloured, merged, split, and what each of them did."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transcription.editing.talks import Editor
from transcription.models import Speaker

pytestmark = pytest.mark.django_db


def by_label(body: dict[str, Any]) -> dict[str, Any]:
    return {one["label"]: one for one in body["speakers"]}


def test_a_name_holds_for_every_line_at_once(editor: Editor) -> None:
    who = editor.speakers()["S2"]
    answer = editor.done(editor.ask("PATCH", f"speakers/{who}", {"name": "  Layla   Hassan "}))
    assert by_label(answer)["S2"]["name"] == "Layla Hassan"
    assert answer["segments"] == [] and answer["version"] == 1
    exported = b"".join(editor.api.get(f"{editor.path}/export?format=txt").streaming_content).decode()
    assert "Layla Hassan" in exported
    editor.done(editor.undo(1))
    assert Speaker.objects.get(label="S2").name == ""


def test_colours(editor: Editor) -> None:
    speakers = editor.api.get(editor.path).json()["speakers"]
    assert {one["label"]: one["colour"] for one in speakers} == {"S1": 1, "S2": 2}
    who = editor.speakers()["S1"]
    assert by_label(editor.done(editor.ask("PATCH", f"speakers/{who}", {"colour": 7})))["S1"]["colour"] == 7
    for wrong in (0, 9, None, "red"):
        assert editor.ask("PATCH", f"speakers/{who}", {"colour": wrong}).status_code == 422


def test_merging(editor: Editor) -> None:
    who = editor.speakers()
    answer = editor.done(editor.ask("POST", f"speakers/{who['S2']}/merge", {"into": who["S1"]}))
    assert [one["label"] for one in answer["speakers"]] == ["S1"]
    assert {line["speaker"] for line in editor.lines()} == {who["S1"]}
    assert {word["speaker"] for line in editor.lines() for word in line["words"]} == {who["S1"]}
    editor.done(editor.undo(1))
    assert editor.speakers() == who
    assert [line["speaker"] == who["S2"] for line in editor.lines()] == [False, True, False, False, True]


def test_merging_with_oneself_or_nobody(editor: Editor) -> None:
    who = editor.speakers()["S2"]
    for into in (who, editor.lines()[0]["id"]):
        answer = editor.ask("POST", f"speakers/{who}/merge", {"into": into})
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "into"


def test_splitting(editor: Editor) -> None:
    lines, who = editor.lines(), editor.speakers()["S1"]
    body = {"segments": [lines[3]["id"]], "name": "Omar"}
    answer = editor.done(editor.ask("POST", f"speakers/{who}/split", body))
    new = by_label(answer)["S3"]
    assert (new["name"], new["colour"]) == ("Omar", 3)
    assert [line["speaker"] == new["id"] for line in editor.lines()] == [False, False, False, True, False]
    assert editor.ask("POST", f"speakers/{who}/split", body).status_code == 422, "these lines are Omar's now"


def test_a_label_never_comes_twice(editor: Editor) -> None:
    """Whoever was merged may come back by undo, and must find their label free."""
    who = editor.speakers()
    editor.done(editor.ask("POST", f"speakers/{who['S2']}/merge", {"into": who["S1"]}))
    answer = editor.done(editor.ask("POST", "speakers", {"name": "New"}), 201)
    assert sorted(by_label(answer)) == ["S1", "S3"]
    editor.done(editor.undo(1))
    assert sorted(editor.speakers()) == ["S1", "S2", "S3"]


def test_a_new_speaker_who_has_spoken_stays(editor: Editor) -> None:
    new = by_label(editor.done(editor.ask("POST", "speakers", {"name": "New"}), 201))["S3"]
    line = editor.lines()[0]
    editor.done(editor.edit(line, speaker=new["id"]))
    answer = editor.undo(1)
    assert answer.status_code == 409
    assert (answer.json()["error_type"], answer.json()["segments"]) == ("undo_conflict", [line["id"]])
    editor.done(editor.undo(2))
    editor.done(editor.undo(1))
    assert sorted(editor.speakers()) == ["S1", "S2"]


def test_statistics(editor: Editor) -> None:
    body = editor.api.get(f"{editor.path}/speakers").json()
    first, second = body["data"]
    assert {name: first[name] for name in ("talk_seconds", "words", "turns", "share", "silence")} == {
        "talk_seconds": 11.4,
        "words": 18,
        "turns": 2,
        "share": 0.6,
        "silence": 0.2,
    }
    assert first["words_per_minute"] == pytest.approx(18 / 11.4 * 60, abs=0.1)
    assert (second["talk_seconds"], second["turns"], second["silence"]) == (7.6, 2, 0)
    assert second["sample"] == {"start": 4.0, "end": 7.8}
    assert {name: body[name] for name in ("talk_seconds", "silence", "words", "turns")} == {
        "talk_seconds": 19.0,
        "silence": 1.0,
        "words": 30,
        "turns": 4,
    }


def test_statistics_follow_the_edits(editor: Editor) -> None:
    editor.done(editor.edit(editor.lines()[0], text="Good morning."))
    assert editor.api.get(f"{editor.path}/speakers").json()["words"] == 27
