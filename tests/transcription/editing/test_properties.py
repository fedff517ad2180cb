"""Whatever is done to lines, in whatever order: it can be taken back, no word is lost, and time does not go back."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.transcription.editing.talks import Editor, make_talk
from transcription.asr.text.tokens import clean
from transcription.asr.types import Word
from transcription.editing import matching, operations, places, rewinding, voices
from transcription.editing.changes import Change, Collision, Difference, applied, difference
from transcription.editing.lines import EditError, Line, Mark, Voice
from transcription.editing.matching import Wanted
from transcription.editing.rewinding import State
from transcription.editing.words import are_in_order, retimed
from transcription.models import Segment, Transcript

WORDS = [
    "Well",
    "well,",
    "yes",
    "المدرسة",
    "المَدرسة",
    "no.",
    "東京",
    "x",
    "don't",
    "re-do",
    "—",
    "٢٠٢٦",
    "👍🏽",
    "naïve",
]
texts = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)


def letters(text: str) -> str:
    return "".join(text.split())


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Line]:
    """Lines in order, some of them overlapping, with words as engines give them."""
    found, start = {}, 0
    for at in range(draw(st.integers(1, 4))):
        start += draw(st.integers(0, 900))
        said = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5))
        words, clock = [], start
        for text in said:
            begin = clock + draw(st.integers(0, 60))
            clock = begin + draw(st.integers(0, 300))
            words.append(Word(text, begin, clock, draw(st.sampled_from([None, 0.4, 0.9])), "S1", draw(st.booleans())))
        who = draw(st.sampled_from(["a", "b", None]))
        flags = (Mark("silence", "No speech."),) if draw(st.booleans()) else ()
        id = str(uuid.UUID(int=at + 1))
        position = (at + 1) * places.STEP
        found[id] = Line(id, position, start, clock, " ".join(said), tuple(words), who, "en", 0.7, flags)
    return found


IDS = itertools.count(1000)
VOICES = {id: Voice(id, f"S{at}") for at, id in enumerate("ab", start=1)}


def some_change(  # noqa: PLR0911 - a table of operations
    draw: st.DrawFn, state: State
) -> Change:
    """One operation on lines and speakers that are there. Raises EditError where it cannot be."""
    known = list(state.lines.values())
    kind = draw(st.sampled_from(["insert", "edit", "time", "split", "merge", "delete", "assign", "replace", "flag",
                                 "accept", "name", "join"] if known else ["insert"]))  # fmt: skip
    line = draw(st.sampled_from(known)) if known else None
    if line is None or kind == "insert":
        at = draw(st.integers(0, 9000))
        id = str(uuid.UUID(int=next(IDS)))
        return operations.insert(id=id, position=at, start_ms=at, end_ms=at + 500, text=draw(texts))
    following = next((one for one in known if one.position > line.position), None)
    match kind:
        case "edit":
            return operations.edit(line, text=draw(texts))
        case "time":
            start = draw(st.integers(0, 9000))
            return operations.edit(line, start_ms=start, end_ms=start + draw(st.integers(-5, 2000)))
        case "split":
            at = draw(st.integers(0, len(line.text) + 1))
            return operations.split(line, at, id=str(uuid.UUID(int=next(IDS))))
        case "merge" if following:
            return operations.merge(line, following)
        case "delete":
            return operations.delete([line])
        case "assign":
            return operations.assign(known, draw(st.sampled_from([*state.voices, None])))
        case "replace":
            wanted = Wanted(draw(st.sampled_from(WORDS)), fold=draw(st.booleans()))
            new = {
                one.id: matching.replaced(one.text, wanted, draw(st.sampled_from(["", "new words"]))) for one in known
            }
            return operations.rewrite(known, new)
        case "flag":
            return operations.set_flag(line, "silence", hidden=draw(st.booleans()))
        case "accept":
            return operations.accept(line, draw(st.sampled_from([None, 0, 3])), overlaps=draw(st.booleans()))
        case "name":
            return voices.describe(next(iter(state.voices.values())), name=draw(texts), colour=draw(st.integers(1, 8)))
        case "join" if len(state.voices) > 1:
            one, other = list(state.voices.values())
            return voices.merge(one, other, [line for line in known if line.speaker == one.id])
    return Change()


def stored(change: Change) -> Difference:
    """As it comes back out of the database."""
    return Difference.from_json(json.loads(json.dumps(difference(change).to_json())))


def check_lines(state: State) -> None:
    for line in state.lines.values():
        assert are_in_order(line.words, line.start_ms, line.end_ms), line
        assert letters("".join(word.text for word in line.words)) == letters(line.text), line


@settings(max_examples=300, deadline=None)
@given(lines(), st.data())
def test_any_sequence_can_be_taken_back(start: dict[str, Line], data: st.DataObject) -> None:
    first = state = State(start, VOICES)
    done: list[Difference] = []
    for _ in range(data.draw(st.integers(1, 8))):
        try:
            change = data.draw(st.composite(some_change)(state))
        except EditError:
            continue
        done.append(stored(change))
        state = state.after(change)
        check_lines(state)
    assert rewinding.rewound(state, reversed(done)) == first
    back = state
    undone: list[Difference] = []
    for one in reversed(done):
        change = applied(one.inverse, back.lines, back.voices)
        undone.append(stored(change))
        back = back.after(change)
        check_lines(back)
    assert back == first
    for one in reversed(undone):
        back = back.after(applied(one.inverse, back.lines, back.voices))
    assert back == state, "and all of it again"


@settings(max_examples=200, deadline=None)
@given(lines(), st.data())
def test_taking_back_an_older_one_keeps_what_came_later(start: dict[str, Line], data: st.DataObject) -> None:
    """Either it is refused, or exactly its own fields are as they were before it."""
    state, done = State(start, VOICES), list[Difference]()
    for _ in range(data.draw(st.integers(2, 6))):
        try:
            change = data.draw(st.composite(some_change)(state))
        except EditError:
            continue
        done.append(stored(change))
        state = state.after(change)
    if not done:
        return
    one = data.draw(st.sampled_from(done)).inverse
    try:
        back = state.after(applied(one, state.lines, state.voices))
    except Collision as error:
        assert set(error.ids) <= {edit.id for edit in (*one.lines, *one.voices)}
        return
    touched = {edit.id for edit in one.lines}
    assert {id: line for id, line in back.lines.items() if id not in touched} == {
        id: line for id, line in state.lines.items() if id not in touched
    }
    for edit in one.lines:
        assert (edit.id in back.lines) == (edit.after is not None)
    check_lines(back)


@settings(max_examples=300, deadline=None)
@given(lines(), st.data())
def test_splitting_and_merging_lose_no_letter(start: dict[str, Line], data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(list(start.values())))
    try:
        change = operations.split(line, data.draw(st.integers(0, len(line.text))), id="new")
    except EditError:
        return
    left, right = change.after
    assert letters(left.text) + letters(right.text) == letters(line.text)
    assert line.start_ms == left.start_ms <= left.end_ms <= right.start_ms <= right.end_ms == line.end_ms
    (joined,) = operations.merge(left, right).after
    assert letters(joined.text) == letters(line.text)
    new = [word for word in (*left.words, *right.words) if word not in line.words]
    assert len("".join(word.text for word in new)) <= max(len(word.text) for word in line.words), "only the cut word"
    check_lines(State({"left": left, "right": right, "joined": joined}))


@settings(max_examples=300, deadline=None)
@given(lines(), texts)
def test_words_that_are_still_said_keep_their_times(start: dict[str, Line], new: str) -> None:
    for line in start.values():
        words = retimed(line.text, line.words, clean(new), line.start_ms, line.end_ms)
        assert [word.text for word in words] == clean(new).split() or "東京" in new or "👍" in new
        again = retimed(line.text, line.words, line.text, line.start_ms, line.end_ms)
        assert again == line.words
        old = {(word.text, word.start_ms, word.end_ms) for word in line.words}
        assert all(
            word.interpolated or word.confidence != 1.0 or (word.text, word.start_ms, word.end_ms) in old
            for word in words
        )


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=80), st.integers(1, 64))
def test_there_is_always_a_place_for_a_new_line(chosen: list[int], step: int) -> None:
    """Positions stay rising and distinct however often lines are put into the same gap."""
    found = [step, step * 2, step * 3]
    for choice in chosen:
        at = min(choice, len(found))
        before, after = (found[at - 1] if at else None), (found[at] if at < len(found) else None)
        position = places.between(before, after)
        if position is None:
            floor = before or 0
            found[at:] = places.spaced(floor, found[at:], None) or []
            position = (floor + found[at]) // 2
        found.insert(at, position)
        assert places.are_rising(found)


class Chance:
    """Random operations over HTTP on a transcript, as one person does them."""

    def __init__(self, editor: Editor, draw: Callable[[Any], Any]) -> None:
        self.editor, self.draw = editor, draw

    def act(self) -> int:
        """The status of one more request."""
        editor, lines = self.editor, self.editor.lines()
        if not lines:
            return int(self.insert(None, 0.0).status_code)
        at = self.draw(st.integers(0, len(lines) - 1))
        line, following = lines[at], lines[at + 1] if at + 1 < len(lines) else None
        # By label: ids are random, and the same choices must lead to the same acts.
        who = self.draw(st.sampled_from([*(one for _, one in sorted(editor.speakers().items())), None]))
        kind = self.draw(st.integers(0, 9))
        actions: list[Callable[[], Any]] = [
            lambda: editor.edit(line, text=self.draw(texts)),
            lambda: editor.edit(line, start=line["start"] + self.draw(st.sampled_from([-1.5, -0.2, 0.3, 2.5]))),
            lambda: editor.split(line, self.draw(st.integers(1, max(1, len(line["text"]))))),
            lambda: editor.merge(line, following or line),
            lambda: editor.delete(line),
            lambda: self.insert(line["id"], line["start"]),
            lambda: editor.ask("POST", "assign", {"from_segment": line["id"], "run": True, "speaker": who}),
            lambda: editor.ask("POST", "replace", {"find": "budget", "replace": self.draw(texts)}),
            lambda: editor.ask("POST", f"speakers/{line['speaker']}/split", {"segments": [line["id"]], "name": "New"}),
            lambda: editor.undo(self.draw(st.integers(1, max(1, editor.version())))),
        ]
        return int(actions[kind]().status_code)

    def insert(self, after: str | None, start: float) -> Any:
        body = {"after": after, "start": start, "end": start + 0.4, "text": self.draw(texts)}
        return self.editor.ask("POST", "segments", body)


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_over_http_too(
    api: Callable[..., ApiClient], bob: User, organization: Organization, data: st.DataObject
) -> None:
    """Rows, positions, speakers and counts: all come back, one undo after the other, and by one restore."""
    transcript = make_talk(organization)
    editor = Editor(api(bob), transcript)
    before, chance = _whole(editor), Chance(editor, data.draw)
    for _ in range(data.draw(st.integers(3, 12))):
        assert chance.act() in (200, 201, 404, 409, 422)
        _check_rows(transcript)
    last = editor.version()
    now = _whole(editor)
    for number in range(last, 0, -1):
        editor.done(editor.undo(number))
        _check_rows(transcript)
    assert _whole(editor) == before
    if last:
        editor.done(editor.ask("POST", f"versions/{last}/restore", {}))
        assert _whole(editor) == now
        assert editor.api.get(f"{editor.path}/versions/compare?from=0&to={last * 2}").json()["rows"] == []


def _whole(editor: Editor) -> Any:
    """All that people see."""
    return [{**line, "version": 0, "index": 0} for line in editor.lines()], editor.speakers()


def _check_rows(transcript: Transcript) -> None:
    rows = list(Segment.objects.filter(transcript=transcript).order_by("position"))
    transcript.refresh_from_db()
    assert len(rows) == transcript.segment_count
    assert all(one.start_ms <= other.start_ms and one.position < other.position for one, other in pairwise(rows))
    for row in rows:
        words = [Word(*word) for word in row.words]
        assert are_in_order(words, row.start_ms, row.end_ms)
        assert letters("".join(word.text for word in words)) == letters(row.text)
        assert row.search_text == Segment.folded(text=row.text).search_text
