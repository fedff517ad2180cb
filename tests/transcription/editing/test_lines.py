"""Lines, edited over HTTP: what comes back, what is kept, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from media.models import Recording
from media.states import RecordingStatus
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.factories import make_api_key
from tests.transcription.editing.talks import Editor, make_talk
from transcription.models import Operation, ReviewStatus, Segment, Transcript

pytestmark = pytest.mark.django_db


class TestText:
    def test_unchanged_words_keep_their_times_and_new_ones_are_marked(self, editor: Editor) -> None:
        line = editor.lines()[1]
        answer = editor.done(editor.edit(line, text="Thank you all for coming to old Baghdad."))
        (after,) = answer["segments"]
        known = {word["text"]: word for word in line["words"]}
        for word in after["words"]:
            if word["text"] in known:
                assert word == known[word["text"]]
        new = [word for word in after["words"] if word["text"] not in known]
        assert [(word["text"], word["interpolated"]) for word in new] == [("all", True), ("old", True)]
        assert known["you"]["end"] <= new[0]["start"] <= new[0]["end"] <= known["for"]["start"]
        assert after["edited"] and after["version"] == 2 and after["speaker"] == line["speaker"]
        assert answer["version"] == 1 and answer["removed"] == [] and answer["speakers"] is None
        assert {name: answer["operation"][name] for name in ("number", "kind", "undoes")} == {
            "number": 1,
            "kind": "edit",
            "undoes": None,
        }
        assert answer["operation"]["author"]["name"] == "Bob"

    def test_punctuation_and_case_are_no_new_words(self, editor: Editor) -> None:
        line = editor.lines()[2]
        (after,) = editor.done(editor.edit(line, text="Shall WE begin, with the budget!"))["segments"]
        assert [word["text"] for word in after["words"]] == ["Shall", "WE", "begin,", "with", "the", "budget!"]
        assert [word["start"] for word in after["words"]] == [word["start"] for word in line["words"]]
        assert not any(word["interpolated"] for word in after["words"])

    def test_a_replaced_word_takes_the_time_of_the_old(self, editor: Editor) -> None:
        line = editor.lines()[1]
        (after,) = editor.done(editor.edit(line, text="Thank you for coming to Basra."))["segments"]
        old, new = line["words"][-1], after["words"][-1]
        assert (new["text"], new["start"], new["end"], new["interpolated"]) == (
            "Basra.",
            old["start"],
            old["end"],
            True,
        )

    def test_it_is_written_on_one_line(self, editor: Editor) -> None:
        (after,) = editor.done(editor.edit(editor.lines()[0], text="  Good\n morning\t all. "))["segments"]
        assert after["text"] == "Good morning all."

    def test_an_empty_line_stays_a_line(self, editor: Editor) -> None:
        (after,) = editor.done(editor.edit(editor.lines()[0], text=""))["segments"]
        assert (after["text"], after["words"]) == ("", [])

    def test_nothing_to_change_is_no_operation(self, editor: Editor) -> None:
        line = editor.lines()[0]
        answer = editor.done(editor.edit(line, text=line["text"], speaker=line["speaker"]))
        assert answer["operation"] is None and answer["version"] == 0
        assert answer["segments"] == [] and editor.lines()[0] == line
        assert not Operation.objects.exists()

    def test_search_and_exports_say_what_is_written_now(self, editor: Editor, transcript: Transcript) -> None:
        editor.done(editor.edit(editor.lines()[1], text="Thank you for coming to Zanzibar."))
        assert len(editor.api.get("/search?q=zanzibar").json()["data"]) == 1
        assert editor.api.get('/search?q="to+baghdad"').json()["data"] == []
        exported = b"".join(editor.api.get(f"{editor.path}/export?format=srt").streaming_content).decode()
        assert "Zanzibar" in exported and "Baghdad" not in exported


class TestTimes:
    def test_words_that_fall_outside_are_moved_in(self, editor: Editor) -> None:
        line = editor.lines()[1]
        (after,) = editor.done(editor.edit(line, start=4.6, end=6.2))["segments"]
        assert (after["start"], after["end"]) == (4.6, 6.2)
        assert [word["text"] for word in after["words"]] == [word["text"] for word in line["words"]]
        times = [time for word in after["words"] for time in (word["start"], word["end"])]
        assert times == sorted(times) and times[0] >= 4.6 and times[-1] <= 6.2
        assert after["words"][2] == line["words"][2]

    def test_a_line_that_is_shifted_takes_its_words_along(self, editor: Editor) -> None:
        line = editor.lines()[1]
        (after,) = editor.done(editor.edit(line, start=line["start"] + 0.1, end=line["end"] + 0.1))["segments"]
        assert [
            round(word["start"] - old["start"], 3) for word, old in zip(after["words"], line["words"], strict=True)
        ] == [0.1] * len(line["words"])

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"start": 7.0, "end": 5.0}, "end"),
            ({"end": 100.0}, "end"),
            ({"start": -1.0}, "start"),
            ({"start": 2.0, "end": 1e9}, "end"),
            ({"start": 7.5, "end": 7.2}, "end"),
        ],
    )
    def test_bad_times(self, editor: Editor, fields: dict[str, float], field: str) -> None:
        answer = editor.edit(editor.lines()[1], **fields)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert editor.version() == 0

    def test_lines_stay_in_the_order_in_which_they_begin(self, editor: Editor) -> None:
        lines = editor.lines()
        assert editor.edit(lines[2], start=3.0).json()["errors"][0]["code"] == "order"
        assert editor.edit(lines[2], start=12.5, end=13.0).json()["errors"][0]["code"] == "order"
        editor.done(editor.edit(lines[2], start=lines[1]["start"]))


class TestSplitAndMerge:
    def test_a_split_between_words(self, editor: Editor) -> None:
        line = editor.lines()[0]
        answer = editor.done(editor.split(line, len("Good morning everybody")))
        left, right = answer["segments"]
        assert (left["id"], left["text"], right["text"]) == (line["id"], "Good morning everybody", "and welcome.")
        assert left["words"] + right["words"] == line["words"]
        assert left["start"] == line["start"] and right["end"] == line["end"]
        assert left["end"] <= right["start"]
        assert [one["id"] for one in editor.lines()[:2]] == [left["id"], right["id"]]
        assert Transcript.objects.get().segment_count == 6

    def test_a_split_inside_a_word_loses_no_letter(self, editor: Editor) -> None:
        line = editor.lines()[0]
        left, right = editor.done(editor.split(line, len("Good mor")))["segments"]
        assert (left["text"], right["text"]) == ("Good mor", "ning everybody and welcome.")
        assert [word["text"] for word in left["words"] + right["words"]] == [
            "Good",
            "mor",
            "ning",
            "everybody",
            "and",
            "welcome.",
        ]

    @pytest.mark.parametrize("at", [35, 400])
    def test_both_parts_need_a_word(self, editor: Editor, at: int) -> None:
        answer = editor.split(editor.lines()[0], at)
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "at"

    def test_merging_puts_it_back_together(self, editor: Editor) -> None:
        line = editor.lines()[0]
        left, right = editor.done(editor.split(line, len("Good morning")))["segments"]
        answer = editor.done(editor.merge(left, right))
        (after,) = answer["segments"]
        assert answer["removed"] == [right["id"]]
        same = ("id", "index", "start", "end", "text", "words", "speaker", "confidence")
        assert {name: after[name] for name in same} == {name: line[name] for name in same}
        assert len(editor.lines()) == 5 == Transcript.objects.get().segment_count

    def test_only_neighbours_are_merged(self, editor: Editor) -> None:
        first, second, third, *_ = editor.lines()
        for one, other in ((first, third), (second, first), (first, first)):
            answer = editor.merge(one, other)
            assert answer.status_code == 409 and answer.json()["error_type"] == "not_next_line"

    def test_many_splits_at_one_place_find_room(self, editor: Editor, organization: Organization) -> None:
        """Each cut halves the room that is left; when there is none, the lines behind move."""
        words = [f"word{number}" for number in range(60)]
        lines = editor.lines()
        line = editor.done(editor.edit(lines[0], text=" ".join(words)))["segments"][0]
        for word in words[:-1]:
            _, line = editor.done(editor.split(line, len(word)))["segments"][:2]
        assert editor.texts() == [*words, *(one["text"] for one in lines[1:])]
        positions = list(Segment.objects.order_by("position").values_list("position", flat=True))
        assert len(set(positions)) == len(positions)
        for number in range(len(words) - 1):
            editor.done(editor.undo(len(words) - number))
        editor.done(editor.undo(1))
        assert editor.texts() == [one["text"] for one in lines]


class TestNewAndGone:
    def test_a_line_between_two_others(self, editor: Editor) -> None:
        lines, who = editor.lines(), editor.speakers()["S2"]
        body = {"after": lines[1]["id"], "start": 7.8, "end": 8.0, "text": "Yes of course.", "speaker": who}
        answer = editor.done(editor.ask("POST", "segments", body), 201)
        (new,) = answer["segments"]
        assert new["speaker"] == who and new["edited"] and len(new["words"]) == 3
        assert all(word["interpolated"] for word in new["words"])
        assert [one["id"] for one in editor.lines()] == [
            *(one["id"] for one in lines[:2]),
            new["id"],
            *(one["id"] for one in lines[2:]),
        ]

    def test_a_first_line(self, editor: Editor) -> None:
        Segment.objects.filter(text__startswith="Good").update(start_ms=1000)
        body = {"after": None, "start": 0.0, "end": 0.9, "text": "Silence please."}
        editor.done(editor.ask("POST", "segments", body), 201)
        assert editor.texts()[0] == "Silence please."

    def test_a_deleted_line_is_gone_until_it_is_taken_back(self, editor: Editor) -> None:
        lines = editor.lines()
        answer = editor.done(editor.delete(lines[2]))
        assert (answer["segments"], answer["removed"]) == ([], [lines[2]["id"]])
        assert editor.edit(lines[2], text="Nobody").status_code == 404
        editor.done(editor.undo(1))
        again = editor.lines()
        assert [one["id"] for one in again] == [one["id"] for one in lines]
        assert again[2] | {"version": 1} == lines[2]
        assert again[2]["version"] > lines[2]["version"], "who had it before must look again"


class TestAssigning:
    def test_named_lines(self, editor: Editor) -> None:
        lines, who = editor.lines(), editor.speakers()["S2"]
        body = {"segments": [lines[0]["id"], lines[1]["id"]], "speaker": who}
        answer = editor.done(editor.ask("POST", "assign", body))
        assert [one["id"] for one in answer["segments"]] == [lines[0]["id"]], "the second was theirs already"
        after = editor.lines()[0]
        assert after["speaker"] == who and {word["speaker"] for word in after["words"]} == {who}

    def test_a_run(self, editor: Editor) -> None:
        lines, who = editor.lines(), editor.speakers()["S2"]
        editor.done(editor.ask("POST", "assign", {"from_segment": lines[2]["id"], "run": True, "speaker": who}))
        first = editor.speakers()["S1"]
        assert [one["speaker"] for one in editor.lines()] == [first, who, who, who, who]

    def test_a_time(self, editor: Editor) -> None:
        editor.done(editor.ask("POST", "assign", {"start": 3.0, "end": 9.0, "speaker": None}))
        assert [one["speaker"] is None for one in editor.lines()] == [True, True, True, False, False]
        assert {word["speaker"] for word in editor.lines()[0]["words"]} == {None}

    def test_what_nobody_has(self, editor: Editor) -> None:
        lines, who = editor.lines(), editor.speakers()
        editor.done(editor.ask("POST", "assign", {"segments": [lines[1]["id"], lines[3]["id"]], "speaker": None}))
        body = {"start": 0, "end": 20, "unassigned": True, "speaker": who["S2"]}
        answer = editor.done(editor.ask("POST", "assign", body))
        assert [line["id"] for line in answer["segments"]] == [lines[1]["id"], lines[3]["id"]]
        assert [one["speaker"] for one in editor.lines()] == [who[label] for label in ("S1", "S2", "S1", "S2", "S2")]

    def test_one_line_by_patch(self, editor: Editor) -> None:
        who = editor.speakers()["S2"]
        (after,) = editor.done(editor.edit(editor.lines()[0], speaker=who))["segments"]
        assert after["speaker"] == who
        (after,) = editor.done(editor.edit(after, speaker=None))["segments"]
        assert after["speaker"] is None

    @pytest.mark.parametrize("body", [{}, {"start": 1}, {"segments": [], "start": 1, "end": 2}, {"segments": []}])
    def test_exactly_one_way_to_choose(self, editor: Editor, body: dict[str, Any]) -> None:
        assert editor.ask("POST", "assign", {"speaker": None, **body}).status_code == 422


class TestVersions:
    def test_a_missing_version(self, editor: Editor) -> None:
        line = editor.lines()[0]
        for method, path, body in (
            ("PATCH", "", {"text": "New"}),
            ("DELETE", "", None),
            ("POST", "/split", {"at": 4}),
            ("POST", "/merge", {"with": line["id"], "with_version": 1}),
        ):
            answer = editor.ask(method, f"segments/{line['id']}{path}", body)
            assert answer.status_code == 428, path
            assert answer.json()["error_type"] == "precondition_required"

    @pytest.mark.parametrize("header", ['"one"', "1.5", "*", '"99999999999999"'])
    def test_a_version_that_is_none(self, editor: Editor, header: str) -> None:
        line = editor.lines()[0]
        answer = editor.api.patch(f"{editor.path}/segments/{line['id']}", {"text": "New"}, **{"If-Match": header})
        assert answer.status_code == 400 and answer.json()["error_type"] == "malformed_request"

    def test_a_stale_version_comes_with_what_is_needed_to_merge(self, editor: Editor) -> None:
        line = editor.lines()[0]
        mine = editor.done(editor.edit(line, text="Mine."))["segments"][0]
        answer = editor.edit(line, text="Theirs.")
        assert answer.status_code == 412
        problem = answer.json()
        assert problem["error_type"] == "stale_version"
        assert (problem["current"], problem["base_version"]) == (mine, 1)
        assert editor.texts()[0] == "Mine."

    def test_an_undone_edit_has_a_version_of_its_own(self, editor: Editor) -> None:
        line = editor.lines()[0]
        editor.done(editor.edit(line, text="Mine."))
        editor.done(editor.undo(1))
        assert editor.texts()[0] == line["text"]
        assert editor.edit(line, text="Too late.").status_code == 412


class TestWhoMay:
    def test_viewers_and_reading_keys_may_not(
        self, api: Callable[..., ApiClient], carol: User, organization: Organization, transcript: Transcript
    ) -> None:
        line = Editor(api(carol), transcript).lines()[0]
        for client in (api(carol), api(make_api_key(organization, ["transcripts:read"])[1])):
            assert Editor(client, transcript).edit(line, text="No").status_code == 403

    def test_a_key_is_the_author(
        self, api: Callable[..., ApiClient], organization: Organization, transcript: Transcript
    ) -> None:
        editor = Editor(api(make_api_key(organization, ["transcripts:read", "transcripts:write"])[1]), transcript)
        answer = editor.done(editor.edit(editor.lines()[0], text="By a program."))
        assert answer["operation"]["author"] | {"id": ""} == {"id": "", "name": "A program", "kind": "key"}

    def test_a_final_text_is_locked(self, editor: Editor, transcript: Transcript) -> None:
        line = editor.lines()[0]
        editor.done(editor.edit(line, text="Before."))
        line, who = editor.lines()[0], editor.speakers()["S1"]
        Transcript.objects.update(status=ReviewStatus.FINAL)
        answers = [
            editor.edit(line, text="New"),
            editor.delete(line),
            editor.split(line, 3),
            editor.merge(line, editor.lines()[1]),
            editor.ask("POST", "segments", {"after": None, "start": 0, "end": 0, "text": "x"}),
            editor.ask("POST", "assign", {"segments": [line["id"]], "speaker": None}),
            editor.ask("POST", "replace", {"find": "a", "replace": "b"}),
            editor.ask("POST", f"segments/{line['id']}/accept", {}),
            editor.ask("POST", f"segments/{line['id']}/flags", {"type": "silence", "hidden": True}),
            editor.ask("POST", "speakers", {"name": "New"}),
            editor.ask("PATCH", f"speakers/{who}", {"name": "New"}),
            editor.ask("POST", "versions/0/restore", {}),
            editor.undo(1),
        ]
        assert {(one.status_code, one.json()["error_type"]) for one in answers} == {(409, "transcript_locked")}
        assert editor.texts()[0] == "Before." and Operation.objects.count() == 1

    def test_nothing_in_the_trash_is_edited(self, editor: Editor) -> None:
        line = editor.lines()[0]
        Recording.objects.update(status=RecordingStatus.DELETED)
        assert editor.edit(line, text="New").status_code == 404

    def test_a_line_of_another_transcript_is_not_there(self, editor: Editor, organization: Organization) -> None:
        other = make_talk(organization)
        foreign = Editor(editor.api, other).lines()[0]
        assert editor.edit(foreign, text="New").status_code == 404
        body = {"segments": [foreign["id"]], "speaker": None}
        assert editor.ask("POST", "assign", body).json()["errors"][0]["field"] == "segments"
        line, who = editor.lines()[0], Editor(editor.api, other).speakers()["S1"]
        assert editor.edit(line, speaker=who).json()["errors"][0]["field"] == "speaker"
        assert Editor(editor.api, other).version() == 0 == editor.version()


def test_a_repeated_request_is_done_once(editor: Editor) -> None:
    body = {"after": editor.lines()[0]["id"], "start": 3.8, "end": 4.0, "text": "Once."}
    answers = [editor.api.post(f"{editor.path}/segments", body, **{"Idempotency-Key": "once"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert editor.texts().count("Once.") == 1


def test_until_bounds_a_block(editor: Editor) -> None:
    """A page keeps its cursors; a line that is put in belongs to the block where it stands."""
    first = editor.api.get(f"{editor.path}/segments?limit=2").json()
    cursor = first["next"].partition("cursor=")[2].partition("&")[0]
    line = first["data"][1]
    editor.done(editor.split(line, len("Thank you")))
    block = editor.api.get(f"{editor.path}/segments?until={cursor}&limit=100").json()
    rest = editor.api.get(f"{editor.path}/segments?cursor={cursor}&limit=100").json()
    assert [one["text"] for one in block["data"]] == [first["data"][0]["text"], "Thank you"]
    assert rest["data"][0]["text"] == "for coming to Baghdad."
    assert editor.api.get(f"{editor.path}/segments?until=nonsense").status_code == 422
