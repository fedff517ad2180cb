"""The past of a transcript over HTTP: undo, versions, compare, restore, changes, the machine's text."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest

from accounts.models import User
from media.storage import MediaStorage
from organizations.models import AuditEvent
from tests.api_client import ApiClient
from tests.transcription.editing.talks import TALK, Editor, words_of
from transcription.asr import serial
from transcription.asr.types import Result, Segment, Word
from transcription.models import Transcript

pytestmark = pytest.mark.django_db


def original(editor: Editor) -> list[dict[str, object]]:
    """The lines without their versions, which only ever grow."""
    return [{**line, "version": 0} for line in editor.lines()]


class TestUndo:
    def test_and_redo(self, editor: Editor) -> None:
        before = original(editor)
        editor.done(editor.edit(editor.lines()[0], text="Good evening."))
        after = original(editor)
        undone = editor.done(editor.undo(1))
        assert (undone["operation"]["kind"], undone["operation"]["undoes"], undone["version"]) == ("undo", 1, 2)
        assert original(editor) == before
        editor.done(editor.undo(2))
        assert original(editor) == after

    def test_of_an_older_edit_leaves_later_ones(self, editor: Editor) -> None:
        first, second, *_ = editor.lines()
        editor.done(editor.edit(first, text="One."))
        editor.done(editor.edit(second, text="Two."))
        editor.done(editor.undo(1))
        assert editor.texts()[:2] == [TALK[0][1], "Two."]

    def test_another_field_of_the_line_stays(self, editor: Editor) -> None:
        line, who = editor.lines()[0], editor.speakers()["S2"]
        line = editor.done(editor.edit(line, text="One."))["segments"][0]
        editor.done(editor.edit(line, speaker=who))
        editor.done(editor.undo(1))
        after = editor.lines()[0]
        assert (after["text"], after["speaker"]) == (TALK[0][1], who)

    def test_what_was_changed_since_is_in_the_way(self, editor: Editor) -> None:
        line = editor.lines()[0]
        editor.done(editor.edit(line, text="One."))
        editor.done(editor.edit(editor.lines()[0], text="Two."))
        answer = editor.undo(1)
        assert answer.status_code == 409
        assert (answer.json()["error_type"], answer.json()["segments"]) == ("undo_conflict", [line["id"]])
        assert editor.texts()[0] == "Two." and editor.version() == 2

    def test_twice_is_refused(self, editor: Editor) -> None:
        editor.done(editor.delete(editor.lines()[0]))
        editor.done(editor.undo(1))
        assert editor.undo(1).status_code == 409

    def test_of_a_split_whose_half_was_edited(self, editor: Editor) -> None:
        _, right = editor.done(editor.split(editor.lines()[0], 5))["segments"]
        editor.done(editor.edit(right, text="Evening."))
        assert editor.undo(1).json()["segments"] == [right["id"]]

    def test_of_what_never_was(self, editor: Editor) -> None:
        assert editor.undo(1).status_code == 404

    def test_a_deleted_line_finds_its_place_though_it_was_taken(self, editor: Editor) -> None:
        lines = editor.lines()
        editor.done(editor.delete(lines[1]))
        for number in range(3):
            line = editor.lines()[number]
            editor.done(editor.split(line, len(line["text"].split()[0])))
        editor.done(editor.undo(1))
        assert editor.texts()[:5] == ["Good", "morning", "everybody", "and welcome.", TALK[1][1]]
        starts = [line["start"] for line in editor.lines()]
        assert starts == sorted(starts)


class TestVersions:
    def test_newest_first_with_authors(self, editor: Editor, api: Callable[..., ApiClient], alice: User) -> None:
        editor.done(editor.edit(editor.lines()[0], text="One."))
        other = Editor(api(alice), editor.transcript)
        other.done(other.delete(other.lines()[1]))
        page = editor.api.get(f"{editor.path}/versions?limit=1").json()
        rest = editor.api.get(page["next"].partition("/api/v1")[2]).json()
        rows = page["data"] + rest["data"]
        assert [(row["number"], row["kind"], row["author"]["name"], row["lines"]) for row in rows] == [
            (2, "delete", "Alice Ahmad", 1),
            (1, "edit", "Bob", 1),
        ]
        assert rows[1]["payload"]["fields"] == ["text"]
        assert rest["next"] is None

    def test_comparing(self, editor: Editor) -> None:
        first, second, third, *_ = editor.lines()
        editor.done(editor.edit(first, text="One."))
        editor.done(editor.delete(second))
        editor.done(editor.edit(third, speaker=editor.speakers()["S2"]))
        editor.done(editor.edit(editor.lines()[0], text="Two."))
        whole = editor.api.get(f"{editor.path}/versions/compare").json()
        assert (whole["from"], whole["to"]) == (0, 4)
        rows = {row["segment"]: row for row in whole["rows"]}
        assert list(rows) == [first["id"], second["id"], third["id"]]
        assert (rows[first["id"]]["before"]["text"], rows[first["id"]]["after"]["text"]) == (TALK[0][1], "Two.")
        assert rows[second["id"]]["after"] is None and rows[second["id"]]["before"]["text"] == TALK[1][1]
        assert [rows[third["id"]][side]["speaker_name"] for side in ("before", "after")] == [
            "Speaker 1",
            "Speaker 2",
        ]
        part = editor.api.get(f"{editor.path}/versions/compare?from=1&to=3").json()["rows"]
        assert [row["segment"] for row in part] == [second["id"], third["id"]]
        back = editor.api.get(f"{editor.path}/versions/compare?from=4&to=0").json()["rows"]
        assert [(row["before"], row["after"]) for row in back] == [
            (row["after"], row["before"]) for row in whole["rows"]
        ]

    @pytest.mark.parametrize("query", ["from=9", "to=9", "from=-1", "from=x", "to=99999999999999"])
    def test_comparing_what_never_was(self, editor: Editor, query: str) -> None:
        answer = editor.api.get(f"{editor.path}/versions/compare?{query}")
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] in ("from", "to")

    def test_restoring_all(self, editor: Editor) -> None:
        before, who = original(editor), editor.speakers()
        first, second, third, *_ = editor.lines()
        editor.done(editor.split(first, 5))
        editor.done(editor.delete(second))
        editor.done(editor.ask("POST", f"speakers/{who['S2']}/merge", {"into": who["S1"]}))
        editor.done(editor.edit(third, text="Something else."))
        now = original(editor)
        answer = editor.done(editor.ask("POST", "versions/0/restore", {}))
        assert answer["operation"]["kind"] == "restore" and answer["version"] == 5
        assert original(editor) == before and editor.speakers() == who
        assert AuditEvent.objects.filter(action="transcript.restored").count() == 1
        editor.done(editor.undo(5))
        assert original(editor) == now

    def test_restoring_one_line(self, editor: Editor) -> None:
        first, second, *_ = editor.lines()
        editor.done(editor.edit(first, text="One."))
        editor.done(editor.edit(second, text="Two."))
        editor.done(editor.delete(editor.lines()[0]))
        editor.done(editor.ask("POST", "versions/0/restore", {"segment": first["id"]}))
        assert editor.texts()[:2] == [TALK[0][1], "Two."]
        assert editor.ask("POST", "versions/0/restore", {"segment": str(editor.transcript.pk)}).status_code == 404
        assert editor.ask("POST", "versions/99/restore", {}).status_code == 422

    def test_restoring_a_line_whose_speaker_is_gone(self, editor: Editor) -> None:
        lines, who = editor.lines(), editor.speakers()
        editor.done(editor.edit(lines[1], text="Two."))
        editor.done(editor.ask("POST", f"speakers/{who['S2']}/merge", {"into": who["S1"]}))
        (after,) = editor.done(editor.ask("POST", "versions/0/restore", {"segment": lines[1]["id"]}))["segments"]
        assert (after["text"], after["speaker"]) == (TALK[1][1], who["S1"])

    def test_restoring_the_newest_is_nothing(self, editor: Editor) -> None:
        editor.done(editor.edit(editor.lines()[0], text="One."))
        assert editor.done(editor.ask("POST", "versions/1/restore", {}))["operation"] is None


class TestChanges:
    def test_since_a_version(self, editor: Editor) -> None:
        first, second, third, *_ = editor.lines()
        editor.done(editor.edit(first, text="One."))
        editor.done(editor.delete(second))
        editor.done(editor.split(third, 5))
        news = editor.api.get(f"{editor.path}/changes?since=1").json()
        assert (news["version"], news["removed"], news["speakers"]) == (3, [second["id"]], None)
        assert [line["text"] for line in news["segments"]] == ["Shall", "we begin with the budget?"]
        assert news["segments"] == editor.lines()[1:3]
        assert editor.api.get(f"{editor.path}/changes?since=3").json()["segments"] == []

    def test_speakers(self, editor: Editor) -> None:
        editor.done(editor.ask("PATCH", f"speakers/{editor.speakers()['S1']}", {"name": "Omar"}))
        news = editor.api.get(f"{editor.path}/changes?since=0").json()
        assert [one["name"] for one in news["speakers"]] == ["Omar", ""]

    @pytest.mark.parametrize("query", ["", "?since=5", "?since=x"])
    def test_since_what_never_was(self, editor: Editor, query: str) -> None:
        answer = editor.api.get(f"{editor.path}/changes{query}")
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "since"


class TestMachine:
    @pytest.fixture(autouse=True)
    def result(self, transcript: Transcript, media_storage: MediaStorage) -> None:
        """What the machine wrote lies in storage."""
        segments = tuple(
            Segment(at * 4000, at * 4000 + 3800, text, tuple(words_of(text, at * 4000, label)))
            for at, (label, text) in enumerate(TALK)
        )
        result = Result(segments, "en", 0.9, 20_000)
        data = orjson.dumps(serial.result_to_json(result))
        media_storage.save_bytes(transcript.result_key, data, content_type="application/json")

    def test_an_edited_line(self, editor: Editor) -> None:
        line = editor.lines()[1]
        editor.done(editor.edit(line, text="Nothing of it."))
        machine = editor.api.get(f"{editor.path}/segments/{line['id']}/machine").json()
        assert (machine["text"], machine["start"], machine["end"]) == (TALK[1][1], 4.0, 7.8)
        assert [word["text"] for word in machine["words"]] == TALK[1][1].split()

    def test_a_part_of_one_and_several(self, editor: Editor) -> None:
        _, right = editor.done(editor.split(editor.lines()[0], len("Good morning")))["segments"]
        path = f"{editor.path}/segments/{right['id']}/machine"
        assert editor.api.get(path).json()["text"] == "everybody and welcome."
        joined = editor.done(editor.merge(right, editor.lines()[2]))["segments"][0]
        path = f"{editor.path}/segments/{joined['id']}/machine"
        assert editor.api.get(path).json()["text"] == f"everybody and welcome. {TALK[1][1]}"

    def test_gone(self, editor: Editor, transcript: Transcript, media_storage: MediaStorage) -> None:
        media_storage.delete(transcript.result_key)
        answer = editor.api.get(f"{editor.path}/segments/{editor.lines()[0]['id']}/machine")
        assert answer.status_code == 404 and answer.json()["error_type"] == "not_found"

    def test_gone_after_it_was_read(self, editor: Editor, transcript: Transcript, media_storage: MediaStorage) -> None:
        """What a process remembers of a result goes with the result."""
        path = f"{editor.path}/segments/{editor.lines()[0]['id']}/machine"
        assert editor.api.get(path).status_code == 200
        media_storage.delete(transcript.result_key)
        assert editor.api.get(path).status_code == 404

    def test_the_result_is_read_once(self, editor: Editor, transcript: Transcript, media_storage: MediaStorage) -> None:
        """Its object is never written again; here it is, so that a second reading would show."""
        first, *others = editor.lines()
        assert editor.api.get(f"{editor.path}/segments/{first['id']}/machine").json()["text"] == first["text"]
        media_storage.save_bytes(transcript.result_key, b"not read", content_type="application/json")
        for line in others:
            assert editor.api.get(f"{editor.path}/segments/{line['id']}/machine").json()["text"] == line["text"]

    def test_lines_that_overlap(self, editor: Editor, transcript: Transcript, media_storage: MediaStorage) -> None:
        """A long line over short ones is found from each of them, wherever it begins."""
        long = Segment(
            0, 20_000, "over all", (Word("over", 0, 3000, 0.9, "S1"), Word("all", 16_500, 19_000, 0.9, "S1"))
        )
        short = [
            Segment(at, at + 500, f"at {at}", tuple(words_of(f"at {at}", at, "S2"))) for at in (4000, 8000, 16_000)
        ]
        data = orjson.dumps(serial.result_to_json(Result((long, *short), "en", 0.9, 20_000)))
        other = f"{transcript.result_key}.overlaps"
        media_storage.save_bytes(other, data, content_type="application/json")
        Transcript.objects.filter(pk=transcript.pk).update(result_key=other)
        last = editor.lines()[4]
        assert (last["start"], last["end"]) == (16.0, 19.8)
        machine = editor.api.get(f"{editor.path}/segments/{last['id']}/machine").json()
        assert machine["text"] == "all at 16000"


def test_a_line_comes_back_before_all_that_were_put_in_since(editor: Editor) -> None:
    """Its own place is taken by one of them, and the place before that by the other."""
    gone = editor.done(editor.delete(editor.lines()[0]))
    for start, text in ((0.1, "Second."), (0.05, "First.")):
        new = {"after": None, "start": start, "end": start + 0.01, "text": text}
        editor.done(editor.ask("POST", "segments", new), 201)
    editor.done(editor.undo(gone["operation"]["number"]))
    assert editor.texts()[:3] == ["Good morning everybody and welcome.", "First.", "Second."]
