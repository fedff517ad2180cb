"""What a glossary puts right: words exchanged, times kept, everything else untouched."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.transcription.asr_text.strategies import any_text, segments
from transcription.asr.options import Options
from transcription.asr.pipeline import assemble
from transcription.asr.replacements import Change, key_of, replaced
from transcription.asr.types import Recognition, Segment, Word


def line(text: str, *, step: int = 1000) -> Segment:
    """A word each second, 800 ms long."""
    words = tuple(Word(word, index * step, index * step + 800, 0.9, "S1") for index, word in enumerate(text.split()))
    return Segment(0, words[-1].end_ms, text, words, "S1", language="en")


def put_right(text: str, *pairs: tuple[str, str]) -> str:
    return replaced([line(text)], pairs)[0][0].text


@pytest.mark.parametrize(
    ("before", "pair", "after"),
    [
        ("We use tadween, daily.", ("tadween", "Tadwin"), "We use Tadwin, daily."),
        ("We use TADWEEN!", ("Tadween", "Tadwin"), "We use Tadwin!"),
        ("“tad ween” it is", ("tad ween", "Tadwin"), "“Tadwin” it is"),
        ("the k eight s cluster", ("k eight s", "K8s"), "the K8s cluster"),
        ("ask the ceo now", ("ceo", "chief executive"), "ask the chief executive now"),
        ("he said etc.", ("etc", "et cetera."), "he said et cetera."),
        ("قال مُحَمَّـد نعم", ("محمد", "محمّد علي"), "قال محمّد علي نعم"),
        ("learn c++ and c", ("c++", "C++"), "learn C++ and c"),
        ("scandal", ("can", "CAN"), "scandal"),
    ],
)
def test_words_are_exchanged(before: str, pair: tuple[str, str], after: str) -> None:
    assert put_right(before, pair) == after


def test_one_for_one_keeps_each_time_and_confidence() -> None:
    [segment], changes = replaced([line("open tad ween")], [("tad ween", "Tad Win")])
    assert [(w.text, w.start_ms, w.end_ms, w.confidence, w.interpolated) for w in segment.words] == [
        ("open", 0, 800, 0.9, False),
        ("Tad", 1000, 1800, 0.9, False),
        ("Win", 2000, 2800, 0.9, False),
    ]
    assert changes == (Change(1000, "tad ween", "Tad Win"),)


def test_two_for_one_span_both() -> None:
    [segment], _ = replaced([line("open tad ween now")], [("tad ween", "Tadwin")])
    assert [(w.text, w.start_ms, w.end_ms, w.interpolated) for w in segment.words] == [
        ("open", 0, 800, False),
        ("Tadwin", 1000, 2800, False),
        ("now", 3000, 3800, False),
    ]


def test_one_for_two_share_its_time_and_are_marked() -> None:
    [segment], _ = replaced([line("ask the ceo")], [("ceo", "chief executive")])
    first, second = segment.words[2:]
    assert (first.start_ms, second.end_ms) == (2000, 2800)
    assert first.end_ms == second.start_ms
    assert first.interpolated
    assert second.interpolated


def test_the_longest_wins_then_the_first() -> None:
    pairs = [("new", "NEW"), ("new york", "New York"), ("new york", "NYC")]
    assert put_right("a new york day, new", *pairs) == "a New York day, NEW"


def test_what_was_written_is_not_read_again() -> None:
    assert put_right("a b", ("a", "b"), ("b", "a")) == "b a"


def test_what_is_right_already_is_no_change() -> None:
    same = line("Tadwin runs.")
    assert replaced([same], [("tadwin", "Tadwin")]) == ((same,), ())


def test_a_line_without_spaces_keeps_its_shape() -> None:
    words = tuple(Word(text, i * 100, i * 100 + 90) for i, text in enumerate("今日は天津"))
    segment = Segment(0, 500, "今日は天津", words)
    assert replaced([segment], [("は", "わ")])[0][0].text == "今日わ天津"


_pairs = st.lists(st.tuples(any_text, any_text), max_size=4)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(segments(), _pairs)
def test_no_word_outside_a_match_changes(made: list[Segment], pairs: list[tuple[str, str]]) -> None:
    keys = {key for said, _ in pairs for key in map(key_of, said.split())}
    after, changes = replaced(made, pairs)
    assert [(one.start_ms, one.end_ms, one.speaker) for one in after] == [
        (one.start_ms, one.end_ms, one.speaker) for one in made
    ]
    kept = [[word for word in one.words if key_of(word.text) not in keys] for one in made]
    for words, segment in zip(kept, after, strict=True):
        rest = iter(segment.words)
        assert all(any(word == one for one in rest) for word in words)
    if not changes:
        assert after == tuple(made)


def test_the_transcript_says_what_was_changed_and_where() -> None:
    options = Options(engine="fake", model="fake", glossary="g-1", replacements=(("tadween", "Tadwin"),))
    result = assemble([Recognition((line("We use tadween."),), "en")], None, options, 60_000, {})
    assert result.segments[0].text == "We use Tadwin."
    assert result.provenance["glossary"] == {
        "id": "g-1",
        "replaced": 1,
        "changes": [[2000, "tadween.", "Tadwin."]],
    }
    without = assemble([Recognition((line("We use tadween."),), "en")], None, Options("fake", "fake"), 60_000, {})
    assert "glossary" not in without.provenance


def test_options_survive_the_row() -> None:
    options = Options(engine="fake", model="fake", glossary="g-1", replacements=(("a", "b"),))
    assert Options.from_json(options.to_json()) == options
    old = {name: value for name, value in options.to_json().items() if name not in ("glossary", "replacements")}
    assert Options.from_json(old).replacements == (), "jobs of an older version"
