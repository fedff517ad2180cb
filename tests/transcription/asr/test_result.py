"""Joining chunks, keeping values as JSON, the fake engine, and the whole pipeline with it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.audio.decode import decode, write_flac
from tests.transcription.asr.conftest import DEMO, SAMPLES, RecordingContext, text_of
from transcription.asr import pipeline, serial
from transcription.asr.chunk import find_speech
from transcription.asr.engines.base import EngineConfig
from transcription.asr.engines.embedded import EmbeddedEngine
from transcription.asr.engines.fake import FakeEngine, read_out
from transcription.asr.options import Options, VadOptions
from transcription.asr.postprocess import join, language_of, warnings_of
from transcription.asr.types import (
    Chunk,
    Diarization,
    EngineError,
    Flag,
    Notice,
    Recognition,
    Result,
    Segment,
    Span,
    Stopped,
    Turn,
    Word,
)

FAKE = Options("fake", "fake")
CONFIG = EngineConfig("fake")

times = st.integers(-500, 12_000)
words = st.lists(st.builds(Word, st.sampled_from(["a", "b"]), times, times), max_size=6).map(tuple)
segments = st.lists(st.builds(Segment, times, times, st.just("a b"), words), max_size=5).map(tuple)


@given(st.lists(st.builds(Recognition, segments), max_size=3))
def test_times_can_be_relied_on_and_no_word_is_lost(parts: list[Recognition]) -> None:
    found = join(parts, 10_000)
    given_words = sorted(w.text for part in parts for s in part.segments for w in s.words)
    guessed = sum(2 for part in parts for s in part.segments if not s.words)
    assert sum(len(s.words) for s in found) == len(given_words) + guessed
    assert [s.start_ms for s in found] == sorted(s.start_ms for s in found)
    for segment in found:
        edges = [edge for word in segment.words for edge in (word.start_ms, word.end_ms)]
        assert edges == sorted(edges)
        assert 0 <= segment.start_ms <= edges[0] <= edges[-1] <= segment.end_ms <= 10_000


def test_words_without_time_are_spread_and_marked() -> None:
    (found,) = join([Recognition((Segment(1_000, 2_000, "two words"),))], 5_000)
    assert [(w.text, w.interpolated) for w in found.words] == [("two", True), ("words", True)]
    assert (found.words[0].start_ms, found.words[-1].end_ms) == (1_000, 2_000)


def test_language_is_that_of_most_speech_and_warnings_come_once() -> None:
    notice = Notice("language_assumed", "…")
    parts = [
        Recognition((Segment(0, 100, "a"),), "ar", 0.9, (notice,)),
        Recognition((Segment(100, 900, "b"),), "en", 0.7, (notice,)),
        Recognition((Segment(900, 950, "c"),), "en", 0.9),
    ]
    assert language_of(parts) == ("en", 0.8)
    assert warnings_of(parts) == (notice,)
    assert language_of([]) == (None, None)


def full_result() -> Result:
    word = Word("مرحبا", 10, 400, 0.87, "S1", interpolated=True)
    segment = Segment(10, 400, "مرحبا", (word,), "S1", 0.87, "ar", (Flag("unlikely", "Said very fast."),))
    return Result((segment,), "ar", 0.9, 5_000, ("S1",), (Notice("x", "y"),), {"words": 1}, {"engine": "fake"})


def test_values_survive_json() -> None:
    result = full_result()
    assert serial.result_from_json(json.loads(json.dumps(serial.result_to_json(result)))) == result
    heard = Recognition(result.segments, "ar", 0.5, result.warnings)
    assert serial.recognition_from_json(json.loads(json.dumps(serial.recognition_to_json(heard)))) == heard
    voices: dict[str, tuple[float, ...]] = {"S1": (0.5, -0.25)}
    who = Diarization((Turn(0, 10, "S1"),), "embedded", voices, "m", result.warnings, overlaps=(Span(2, 5),))
    assert serial.diarization_from_json(json.loads(json.dumps(serial.diarization_to_json(who)))) == who
    samples = np.ones(160, np.float32)
    chunk = Chunk(samples, 5, 15, (Span(6, 9),), 1, "text")
    back = serial.chunk_from_json(json.loads(json.dumps(serial.chunk_to_json(chunk))), samples)
    assert back == chunk


def test_lines_in_which_several_speak_at_once_are_flagged() -> None:
    heard = Recognition((Segment(0, 1_000, "one"), Segment(1_000, 2_000, "two")))
    who = Diarization((Turn(0, 2_000, "S1"),), "pyannote", overlaps=(Span(1_200, 1_600),))
    result = pipeline.assemble([heard], who, FAKE, 2_000, {})
    assert [[flag.type for flag in segment.flags] for segment in result.segments] == [[], ["overlap"]]


def test_web_needs_no_numpy_and_no_runtime() -> None:
    code = """
import sys
import transcription.asr.types, transcription.asr.options, transcription.asr.serial, transcription.asr.segments
from transcription.asr.engines import base, registry, cache, whisper_models, script
for name in registry.ENGINES:
    assert registry.describe(name).word_times
heavy = {"numpy", "torch", "ctranslate2", "faster_whisper", "moonshine_voice", "pocketsphinx", "onnxruntime", "av"}
print(sorted((heavy | {"django"}) & set(sys.modules)))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def run_fake(path: Path, options: Options = FAKE, *, chunk_ms: int = 300_000) -> Result:
    engine = FakeEngine(CONFIG)
    chunks = list(pipeline.prepare(path, options, chunk_ms=chunk_ms))
    heard = [pipeline.transcribe(chunk, engine, options, RecordingContext()) for chunk in chunks]
    return pipeline.assemble(heard, None, options, chunks[-1].end_ms if chunks else 0, {})


def test_a_text_file_is_its_own_transcript(tmp_path: Path) -> None:
    text = "Good morning. مرحبا بكم في الاجتماع. " + "This goes on and on. " * 30
    path = tmp_path / "script.txt"
    path.write_text(text, encoding="utf-8")
    for chunk_ms in (300_000, 10_000):
        result = run_fake(path, chunk_ms=chunk_ms)
        assert text_of(result.segments) == " ".join(text.split())
        assert result.duration_ms == len(text.split()) * 400
    assert next(iter(result.segments)).text == "Good morning."


def test_the_fake_engine_is_the_same_every_time() -> None:
    first, again = (run_fake(DEMO / "arabic-greeting.mp3") for _ in range(2))
    assert first == again
    assert len(first.segments) > 1
    assert all(word.confidence == 0.99 for segment in first.segments for word in segment.words)
    assert run_fake(SAMPLES / "silence.wav").warnings[-1].type == "no_speech"


def test_the_fake_engine_takes_its_time_and_can_be_stopped() -> None:
    chunk = Chunk(np.zeros(160_000, np.float32), 0, 10_000)
    context = RecordingContext()
    options = replace(FAKE, vad=VadOptions(enabled=False))
    FakeEngine(CONFIG, seconds_per_audio_second=0.06).transcribe(chunk, options, context)
    assert context.reports == [8_333, 10_000, 10_000]
    with pytest.raises(Stopped):
        FakeEngine(CONFIG, seconds_per_audio_second=9).transcribe(chunk, options, RecordingContext(stop_after=1))


def test_the_fake_engine_fails_on_demand_only() -> None:
    engine = FakeEngine(CONFIG, failures=[EngineError("busy", "Try again.", retryable=True)])
    chunk = Chunk(np.zeros(16_000, np.float32), 0, 1_000, (Span(0, 1_000),))
    with pytest.raises(EngineError, match="Try again"):
        engine.transcribe(chunk, FAKE, RecordingContext())
    assert engine.transcribe(chunk, FAKE, RecordingContext()).segments


def test_several_fake_speakers_take_turns() -> None:
    said = read_out("One. Two. Three.", [Span(0, 3_000)], language="en", speakers=2)
    assert [segment.speaker for segment in said] == ["S1", "S2", "S1"]
    assert said[1].words[0].speaker == "S2"


def test_a_part_of_the_recording_keeps_its_times() -> None:
    options = replace(FAKE, start_ms=20_000, end_ms=41_000)
    reports: list[int] = []
    chunks = list(pipeline.prepare(DEMO / "team-meeting.mp3", options, chunk_ms=10_000, on_progress=reports.append))
    assert (chunks[0].start_ms, chunks[-1].end_ms) == (20_000, 41_000)
    assert len(chunks) >= 3
    assert all(20_000 <= span.start_ms < span.end_ms <= 41_000 for chunk in chunks for span in chunk.speech)
    assert reports == sorted(reports)
    assert reports[-1] == 41_000


def test_split_channels_are_heard_apart(embedded: EmbeddedEngine) -> None:
    options = Options("embedded", "tiny-en", language="en", channels="split", end_ms=18_000)
    chunks = list(pipeline.prepare(DEMO / "team-call-stereo.mp3", options))
    assert [chunk.channel for chunk in chunks] == [0, 1]
    heard = [pipeline.transcribe(chunk, embedded, options, RecordingContext()) for chunk in chunks]
    result = pipeline.assemble(heard, None, options, 18_000, {})
    assert result.speakers == ("S1", "S2")
    assert [segment.start_ms for segment in result.segments] == sorted(s.start_ms for s in result.segments)
    said = {name: text_of(tuple(s for s in result.segments if s.speaker == name)) for name in result.speakers}
    assert "weekly product review" in said["S1"]
    assert "very good news" in said["S1"]
    assert "release is ready" in said["S2"]
    assert "weekly" not in said["S2"]


def test_channels_without_crosstalk_keep_the_pauses_around_their_words() -> None:
    path, options = DEMO / "team-call-stereo.mp3", replace(FAKE, channels="split", end_ms=18_000)
    for chunk in pipeline.prepare(path, options):
        alone = np.concatenate(list(decode(path, channel=chunk.channel, end_ms=18_000)))
        assert list(chunk.speech) == find_speech(alone)


def test_crosstalk_is_not_heard_twice(tmp_path: Path) -> None:
    """The right channel carries the left one 20 dB lower: nobody speaks there before its own speaker does."""
    import av

    from media.audio.decode import decode_channels

    left, right = np.concatenate(list(decode_channels(DEMO / "team-call-stereo.mp3", end_ms=14_000)), axis=1)
    mixed = np.stack([left + 0.1 * right, right + 0.1 * left])
    path = tmp_path / "leak.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="stereo")
        frame = av.AudioFrame.from_ndarray((mixed.T.reshape(1, -1) * 30_000).astype(np.int16), "s16", "stereo")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    first, second = pipeline.prepare(path, replace(FAKE, channels="split"))
    assert max(span.end_ms for span in first.speech) < 6_000
    assert min(span.start_ms for span in second.speech) > 5_600


def test_language_sample_is_speech_only_and_short(tmp_path: Path) -> None:
    chunk = next(pipeline.prepare(SAMPLES / "en_long_silences.flac", FAKE))
    sample = pipeline.language_sample(chunk)
    assert len(sample) == sum(span.duration_ms for span in chunk.speech) * 16 < len(chunk.samples) / 2
    bare = Chunk(np.zeros(16_000 * 60, np.float32), 0, 60_000)
    assert len(pipeline.language_sample(bare)) == 30 * 16_000
    assert pipeline.detect_language(FakeEngine(CONFIG), np.empty(0, np.float32), FAKE) is None


def test_a_chunk_kept_as_a_file_is_heard_the_same(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    from media.audio.decode import decode

    options = Options("embedded", "tiny-en", language="en", end_ms=6_000)
    chunk = next(pipeline.prepare(DEMO / "team-meeting.mp3", options))
    write_flac(tmp_path / "chunk.flac", [chunk.samples])
    kept = np.concatenate(list(decode(tmp_path / "chunk.flac")))
    again = serial.chunk_from_json(json.loads(json.dumps(serial.chunk_to_json(chunk))), kept)
    texts = [text_of(embedded.transcribe(c, options, RecordingContext()).segments) for c in (chunk, again)]
    assert texts[0] == texts[1] != ""
