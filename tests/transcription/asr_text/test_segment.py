"""Subtitle segmentation: nothing lost, nothing overlapping, easy to read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transcription.asr_text.strategies import segments
from transcription.asr.text.segment import SubtitleRules, to_cues, wrap
from transcription.asr.text.tokens import display_width, make_token, tokens_of
from transcription.asr.types import Segment, Word

all_rules = st.builds(
    SubtitleRules,
    max_chars=st.integers(10, 60),
    max_lines=st.integers(1, 3),
    max_cps=st.floats(5, 40),
    min_gap_ms=st.sampled_from([0, 83, 200]),
)
SPEECH = (
    "Good morning everyone, and thanks for coming. Today we want to talk about the budget for next year, which"
    " Dr. Smith has prepared; after that, we will look at the results of the survey. Any questions so far?"
)


def spoken(text: str, start_ms: int = 0, speaker: str | None = "s1", pace_ms: int = 350) -> Segment:
    words = [
        Word(word, start_ms + index * pace_ms, start_ms + index * pace_ms + pace_ms - 30)
        for index, word in enumerate(text.split())
    ]
    return Segment(words[0].start_ms, words[-1].end_ms, text, tuple(words), speaker)


@settings(max_examples=150, deadline=None)
@given(segments(), all_rules)
def test_every_word_once_and_in_order(given_segments: list[Segment], rules: SubtitleRules) -> None:
    shown = "".join("".join(cue.lines) for cue in to_cues(given_segments, rules))
    assert shown.replace(" ", "") == "".join(segment.text for segment in given_segments).replace(" ", "")


@settings(max_examples=150, deadline=None)
@given(segments(), all_rules)
def test_times_rise_and_never_overlap(given_segments: list[Segment], rules: SubtitleRules) -> None:
    cues = list(to_cues(given_segments, rules))
    assert all(0 <= cue.start_ms < cue.end_ms for cue in cues)
    assert all(cue.end_ms <= following.start_ms for cue, following in pairwise(cues))
    assert all(cue.end_ms - cue.start_ms <= rules.max_duration_ms for cue in cues)


@settings(max_examples=150, deadline=None)
@given(segments(), all_rules)
def test_lines_fit_unless_one_word_does_not(given_segments: list[Segment], rules: SubtitleRules) -> None:
    for cue in to_cues(given_segments, rules):
        assert 1 <= len(cue.lines) <= rules.max_lines
        assert all(display_width(line) <= rules.max_chars or " " not in line for line in cue.lines)


@settings(max_examples=100, deadline=None)
@given(segments())
def test_no_cue_holds_two_speakers(given_segments: list[Segment]) -> None:
    spoken_by = "".join((segment.speaker or "-")[-1] * len(segment.text.replace(" ", "")) for segment in given_segments)
    shown_by = "".join(
        (cue.speaker or "-")[-1] * len("".join(cue.lines).replace(" ", "")) for cue in to_cues(given_segments)
    )
    assert shown_by == spoken_by


def test_breaks_fall_at_the_ends_of_sentences_and_clauses() -> None:
    cues = list(to_cues([spoken(SPEECH)]))
    assert [cue.lines for cue in cues] == [
        ("Good morning everyone,", "and thanks for coming."),
        ("Today we want to talk about the budget for", "next year, which Dr. Smith has prepared;"),
        ("after that, we will look at the results", "of the survey. Any questions so far?"),
    ]


def test_a_last_line_of_one_word_is_avoided() -> None:
    tokens = [make_token(word, 0, 0, None) for word in ["I", "do", "say,", "congratulations"]]
    assert wrap(tokens, SubtitleRules(max_chars=20)) == ("I do", "say, congratulations")


def test_a_last_cue_of_one_word_is_avoided() -> None:
    text = "We do it as we did it in the old days when it was all so easy to see and to do, absolutely."
    cues = list(to_cues([spoken(text, pace_ms=280)]))
    assert len(cues) == 2
    assert len(" ".join(cues[-1].lines).split()) > 1


def test_a_word_longer_than_a_line_stands_alone() -> None:
    url = "https://example.org/" + "a" * 60
    (cue,) = to_cues([spoken(f"See {url} now")], SubtitleRules(max_lines=3))
    assert cue.lines == ("See", url, "now")


def test_a_long_silence_ends_a_cue() -> None:
    cues = list(to_cues([spoken("One moment"), spoken("here it is", 10_000)]))
    assert [cue.lines[0] for cue in cues] == ["One moment", "here it is"]


def test_a_cue_is_held_until_it_can_be_read_but_not_past_the_recording() -> None:
    quick = spoken("Extraordinarily complicated formulations everywhere", pace_ms=100)
    (held,) = to_cues([quick])
    assert held.end_ms == 50 * 1000 // 17
    (cut,) = to_cues([quick], duration_ms=1_200)
    assert cut.end_ms == 1_200


def test_neighbours_keep_the_gap() -> None:
    first, second = to_cues([spoken("Hello there."), spoken("Hello to you.", 700, "s2")])
    assert (first.end_ms, second.start_ms) == (700 - 83, 700)


def test_two_at_once_take_turns() -> None:
    long, short = to_cues([spoken("I would say that we wait", 0, "s1"), spoken("No way", 500, "s2")])
    assert long.end_ms - long.start_ms > 1_500
    assert short.start_ms >= long.end_ms


def test_names_are_written_where_the_speaker_changes() -> None:
    cues = to_cues(
        [spoken("Hello there."), spoken("Hi.", 5_000, "s2"), spoken("Well.", 9_000, "s2")], labels={"s2": "Bo B"}
    )
    assert [cue.lines for cue in cues] == [("Hello there.",), ("Bo B: Hi.",), ("Well.",)]


def test_the_text_goes_before_words_that_do_not_spell_it() -> None:
    edited = Segment(1_000, 3_000, "Corrected text", (Word("Wrong", 1_000, 2_000), Word("text", 2_000, 3_000)), "s1")
    (cue,) = to_cues([edited])
    assert (cue.start_ms, cue.end_ms, cue.lines) == (1_000, 3_000, ("Corrected text",))


def test_parts_of_a_written_word_stay_together() -> None:
    segment = Segment(
        0, 900, "A well-known fact", (Word(" A", 0, 1), Word(" well", 1, 2), Word("-known", 2, 3), Word(" fact", 3, 4))
    )
    assert [token.text for token in tokens_of(segment)] == ["A", "well-known", "fact"]


def test_scripts_without_spaces_break_between_characters() -> None:
    text = "今日はとても良い天気ですね。散歩に行きましょうか、それとも家で本を読みますか。"
    cues = list(to_cues([Segment(0, 6_000, text)], SubtitleRules(max_chars=32)))
    assert "".join("".join(cue.lines) for cue in cues) == text
    assert all(len(line) <= 16 for cue in cues for line in cue.lines)


def test_marks_over_letters_take_no_room() -> None:
    assert display_width("مُحَمَّد") == 4


def test_segments_are_read_one_after_another() -> None:
    read: list[int] = []

    def source() -> Iterator[Segment]:
        for index in range(1_000):
            read.append(index)
            yield spoken("Something is said here.", index * 5_000)

    next(to_cues(source()))
    assert len(read) < 5
