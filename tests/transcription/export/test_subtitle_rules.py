"""The rules of subtitles as others read our files: by the parsers `srt` and `webvtt-py`, which know nothing of ours."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from itertools import pairwise

import pytest
import srt
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transcription.asr_text.strategies import segments
from tests.transcription.export.test_formats import bare, made, transcript
from transcription.asr.text.tokens import display_width
from transcription.asr.types import Segment, Word

SPOKEN = (
    "Good morning everyone, and thanks for coming. Today we want to talk about the budget for next year, which Dr."
    " Smith has prepared; after that, we will look at the results of the poll. Any questions so far? No, let us start."
)
ARABIC = (
    "صباح الخير جميعا وشكرا لحضوركم. نريد أن نتحدث اليوم عن ميزانية العام المقبل التي أعدها الدكتور سمير، وبعد ذلك ننظر"
    " في نتائج الاستبيان. هل من أسئلة حتى الآن؟ لا، إذن فلنبدأ."
)


@dataclass(frozen=True)
class Read:
    """A cue as a foreign parser gives it."""

    start_ms: int
    end_ms: int
    lines: list[str]


def by_srt(text: str) -> list[Read]:
    unit = timedelta(milliseconds=1)
    cues = srt.parse(text, ignore_errors=False)
    return [Read(cue.start // unit, cue.end // unit, [bare(line) for line in cue.content.split("\n")]) for cue in cues]


def by_webvtt(text: str) -> list[Read]:
    return [
        Read(cue.start_time.in_milliseconds(), cue.end_time.in_milliseconds(),
             [bare(unescape(line)) for line in cue.text.split("\n")])
        for cue in webvtt.from_string(text).captions
    ]  # fmt: skip


READERS = {"srt": by_srt, "vtt": by_webvtt}
every_format = pytest.mark.parametrize("format", READERS)


def spoken(text: str, pace_ms: int = 350) -> Segment:
    words = [Word(word, at * pace_ms, at * pace_ms + pace_ms - 30) for at, word in enumerate(text.split())]
    return Segment(words[0].start_ms, words[-1].end_ms, text, tuple(words), "s1")


def read(format: str, source: list[Segment], **options: object) -> list[Read]:
    return READERS[format](made(format, transcript(segments=source, duration_ms=0), speakers=False, **options))


@every_format
@settings(max_examples=40, deadline=None)
@given(given_segments=segments(), max_chars=st.integers(12, 50), max_lines=st.integers(1, 3))
def test_lines_and_times_keep_the_rules(
    format: str, given_segments: list[Segment], max_chars: int, max_lines: int
) -> None:
    cues = read(format, given_segments, max_chars=max_chars, max_lines=max_lines, max_duration=5.0)
    for cue in cues:
        assert 1 <= len(cue.lines) <= max_lines
        assert all(display_width(line) <= max_chars or " " not in line for line in cue.lines)
        assert 0 < cue.end_ms - cue.start_ms <= 5_000
    assert all(before.end_ms <= after.start_ms for before, after in pairwise(cues))


@every_format
@settings(max_examples=40, deadline=None)
@given(given_segments=segments())
def test_both_files_have_the_same_times(format: str, given_segments: list[Segment]) -> None:
    times = [(cue.start_ms, cue.end_ms) for cue in read(format, given_segments)]
    assert times == [(cue.start_ms, cue.end_ms) for cue in read("srt", given_segments)]


@every_format
@pytest.mark.parametrize("text", [SPOKEN, ARABIC], ids=["english", "arabic"])
@pytest.mark.parametrize(("max_chars", "max_lines"), [(42, 2), (32, 2), (37, 1)])
def test_no_orphans(format: str, text: str, max_chars: int, max_lines: int) -> None:
    """Neither a cue of one word, nor a last line of one word, where the text leaves a choice."""
    cues = read(format, [spoken(text)], max_chars=max_chars, max_lines=max_lines)
    assert len(cues) > 2
    for cue in cues:
        assert len(" ".join(cue.lines).split()) > 1, cue
        assert len(cue.lines[-1].split()) > 1, cue
    assert " ".join(" ".join(cue.lines) for cue in cues) == text


@every_format
def test_a_word_that_would_be_left_over_takes_others_with_it(format: str) -> None:
    text = "We do it as we did it in the old days when it was all so easy to see and to do, absolutely."
    cues = read(format, [spoken(text, pace_ms=280)])
    assert len(cues) == 2
    assert len(" ".join(cues[-1].lines).split()) > 1


@every_format
def test_they_can_be_read_in_time_where_speech_leaves_room(format: str) -> None:
    for cue in read(format, [spoken(SPOKEN, pace_ms=480)], max_cps=17.0):
        assert sum(map(display_width, cue.lines)) * 1000 / (cue.end_ms - cue.start_ms) <= 17.0
        assert cue.end_ms - cue.start_ms >= 1_000


@every_format
def test_two_frames_stand_between_them(format: str) -> None:
    cues = read(format, [spoken(SPOKEN)])
    assert all(after.start_ms - before.end_ms >= 83 for before, after in pairwise(cues))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 359_999_999), st.integers(1, 6_999))
def test_times_survive_every_format_to_the_millisecond(start_ms: int, length_ms: int) -> None:
    line = Segment(start_ms, start_ms + length_ms, "Word", (Word("Word", start_ms, start_ms + length_ms),), "s1")
    expected = (start_ms, start_ms + length_ms)

    def write(format: str) -> str:
        return made(format, transcript(segments=[line], duration_ms=start_ms + length_ms))

    (segment,) = json.loads(write("json"))["segments"]
    assert (round(segment["start"] * 1000), round(segment["end"] * 1000)) == expected
    assert (round(segment["words"][0]["start"] * 1000), round(segment["words"][0]["end"] * 1000)) == expected
    row = list(csv.reader(io.StringIO(write("csv"))))[1]
    assert (round(float(row[1]) * 1000), round(float(row[2]) * 1000)) == expected
    label = write("tsv").split("\t")
    assert (round(float(label[0]) * 1000), round(float(label[1]) * 1000)) == expected
    (cue,) = by_srt(write("srt"))
    (other,) = by_webvtt(write("vtt"))
    assert cue.start_ms == other.start_ms == start_ms
    assert cue.end_ms == other.end_ms
