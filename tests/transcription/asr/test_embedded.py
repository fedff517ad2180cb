"""The engine that needs no download, on the demo meeting: words, times, speakers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from jiwer import wer

from tests.transcription.asr.conftest import DEMO, SAMPLES, RecordingContext, meeting, plain, text_of
from transcription.asr import pipeline
from transcription.asr.align.english import EnglishAligner, dictionary_keys
from transcription.asr.align.letters import phones
from transcription.asr.engines.embedded import EmbeddedEngine
from transcription.asr.options import DiarizationOptions, Options, VadOptions
from transcription.asr.types import Diarization, EngineError, Recognition, Result, Stopped

OPTIONS = Options("embedded", "tiny-en", language="en", diarization=DiarizationOptions(enabled=True))


def hear(engine: EmbeddedEngine, path: Path, options: Options = OPTIONS, chunk_ms: int = 300_000) -> list[Recognition]:
    chunks = pipeline.prepare(path, options, chunk_ms=chunk_ms)
    return [pipeline.transcribe(chunk, engine, options, RecordingContext()) for chunk in chunks]


@pytest.fixture(scope="module")
def heard(embedded: EmbeddedEngine) -> list[Recognition]:
    return hear(embedded, DEMO / "team-meeting.mp3")


@pytest.fixture(scope="module")
def result(heard: list[Recognition], by_voice: Diarization) -> Result:
    return pipeline.assemble(heard, by_voice, OPTIONS, 66_030, {"revision": "test"})


def test_the_meeting_is_understood(heard: list[Recognition]) -> None:
    reference = " ".join(segment["text"] for segment in meeting()["segments"])
    assert wer(plain(reference), plain(text_of(heard[0].segments))) <= 0.08
    assert heard[0].language == "en"


def test_sentences_begin_when_they_are_said(heard: list[Recognition]) -> None:
    """The reference's turns begin with some silence, always about the same: the median is taken off."""
    sentences = heard[0].segments
    starts = np.array([segment.start_ms for segment in sentences])
    turns = np.array([1000 * turn["start"] for turn in meeting()["segments"]])
    late = starts[np.abs(starts[None] - turns[:, None]).argmin(axis=1)] - turns
    assert 0 < np.median(late) < 350
    assert np.abs(late - np.median(late)).mean() < 120
    assert all(30 <= word.end_ms - word.start_ms <= 1_500 for segment in sentences for word in segment.words)
    assert not any(word.interpolated for segment in sentences for word in segment.words)
    assert len(sentences) >= 15


def test_words_have_the_right_speaker(result: Result) -> None:
    turns = meeting()["segments"]
    names = {"A": "S1", "B": "S2"}
    right = wrong = 0
    for word in (word for segment in result.segments for word in segment.words):
        middle = (word.start_ms + word.end_ms) / 2000
        turn = min(turns, key=lambda t: max(t["start"] - middle, middle - t["end"], 0))
        right += word.speaker == names[turn["speaker"]]
        wrong += word.speaker != names[turn["speaker"]]
    assert right / (right + wrong) >= 0.95
    assert result.speakers == ("S1", "S2")
    assert result.provenance["diarization"] == "embedded"
    assert result.provenance["revision"] == "test"
    assert result.metrics["words"] == right + wrong


def test_chunks_give_nearly_the_words_of_the_whole(embedded: EmbeddedEngine, heard: list[Recognition]) -> None:
    parts = hear(embedded, DEMO / "team-meeting.mp3", replace(OPTIONS, end_ms=33_000), chunk_ms=12_000)
    assert len(parts) >= 3
    joined = pipeline.assemble(parts, None, OPTIONS, 66_030, {})
    whole = tuple(segment for segment in heard[0].segments if segment.start_ms < 33_000)
    assert wer(plain(text_of(whole)), plain(text_of(joined.segments))) <= 0.08
    assert list(joined.segments) == sorted(joined.segments, key=lambda segment: segment.start_ms)


def test_the_engine_hears_by_itself_what_a_job_gives_it(embedded: EmbeddedEngine) -> None:
    """The same pieces, sample by sample: ten milliseconds more or less are another word here and there."""
    options = replace(OPTIONS, end_ms=33_000)
    by_itself = replace(options, vad=VadOptions(enabled=False))
    path = DEMO / "team-meeting.mp3"
    assert hear(embedded, path, options)[0].segments == hear(embedded, path, by_itself)[0].segments


def test_silence_says_nothing(embedded: EmbeddedEngine) -> None:
    for name in ("silence.wav", "noise.flac"):
        for vad in (True, False):
            parts = hear(embedded, SAMPLES / name, replace(OPTIONS, vad=VadOptions(enabled=vad)))
            result = pipeline.assemble(parts, None, OPTIONS, 4_000, {})
            assert result.segments == ()
            assert [notice.type for notice in result.warnings] == ["no_speech"]
            assert result.language is None


def test_knows_english_only(embedded: EmbeddedEngine) -> None:
    clip = SAMPLES / "en_digits.wav"
    with pytest.raises(EngineError) as caught:
        hear(embedded, clip, replace(OPTIONS, language="ar"))
    assert caught.value.type == "language_unsupported"
    with pytest.raises(EngineError) as caught:
        hear(embedded, clip, replace(OPTIONS, task="translate"))
    assert caught.value.type == "translation_unsupported"
    assumed = hear(embedded, clip, replace(OPTIONS, language="auto"))
    assert [notice.type for notice in assumed[0].warnings] == ["language_assumed"]
    assert hear(embedded, clip, replace(OPTIONS, language="en-GB"))[0].warnings == ()


def test_times_are_marked_where_alignment_is_off(embedded: EmbeddedEngine) -> None:
    parts = hear(embedded, SAMPLES / "en_digits.wav", replace(OPTIONS, alignment="off"))
    words = [word for segment in parts[0].segments for word in segment.words]
    assert words
    assert all(word.interpolated for word in words)


def test_a_stop_ends_it_between_pieces(embedded: EmbeddedEngine) -> None:
    chunk = next(pipeline.prepare(DEMO / "team-meeting.mp3", OPTIONS))
    context = RecordingContext(stop_after=2)
    with pytest.raises(Stopped):
        embedded.transcribe(chunk, OPTIONS, context)
    assert context.reports[-1] < 30_000


@pytest.mark.parametrize(
    ("token", "keys"),
    [
        ("60%", "sixty percent"),
        ("$1,200.", "one thousand two hundred dollars"),
        ("3.5", "three point five"),
        ("10:30", "ten thirty"),
        ("21st", "twenty first"),
        ("30th", "thirtieth"),
        ("1999", "nineteen ninety nine"),
        ("2026", "two thousand twenty six"),
        ("007", "zero zero seven"),
        ("well-known,", "well known"),
        ("R&D", "r and d"),
        ("“It’s”", "it's"),
        ("café", "cafe"),
        ("A4-format", "a four format"),
        ("—", ""),
    ],
)
def test_tokens_are_spelled_as_they_are_said(token: str, keys: str) -> None:
    assert dictionary_keys(token) == keys.split()


def test_new_words_get_a_sound() -> None:
    assert phones("tadwin") == "T AE D W IH N"
    assert phones("café") is None


def test_aligner_places_numbers_and_new_words() -> None:
    chunk = next(pipeline.prepare(DEMO / "team-meeting.mp3", replace(OPTIONS, start_ms=0, end_ms=5_600)))
    text = "Good morning — thank you for joining the weekly product review. Let us start with the release."
    aligner = EnglishAligner()
    right = aligner.align(chunk.samples, text.split())
    odd = aligner.align(chunk.samples, text.replace("weekly", "wikli").replace("for", "4").split())
    assert right is not None
    assert odd is not None
    assert right[2] is None
    pairs = [(a, b) for a, b in zip(right, odd, strict=True) if a and b]
    assert len(pairs) == 16
    assert sum(abs(a.start_ms - b.start_ms) for a, b in pairs) / len(pairs) < 60
    assert aligner.align(chunk.samples, ["صباح", "الخير"]) is None
