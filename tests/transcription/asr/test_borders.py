"""No word is lost or doubled where a recording is cut: one recording cut many ways gives the words of the uncut one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from media.audio.decode import decode, write_flac
from tests.transcription.asr.conftest import SAMPLES, RecordingContext, samples
from transcription.asr import pipeline
from transcription.asr.engines.base import Engine, Provides
from transcription.asr.engines.faster_whisper import JOIN_GAP_MS, FasterWhisperEngine
from transcription.asr.options import Options, VadOptions
from transcription.asr.postprocess import join
from transcription.asr.types import SAMPLE_RATE, Chunk, Context, Recognition, Segment, Word

CLIPS = ("en_digits.wav", "en_meeting.ogg", "en_telephone_8k.wav", "en_names_hotwords.wav")
# Without sampling, by which the recognizer tries again where it is unsure: words would be chance.
WHISPER = Options("faster_whisper", "whisper-espeak", language="en", temperature=(0.0,))
WHOLE_MS = 3_600_000
RATE = SAMPLE_RATE // 1000
TONES = 400
TONES_HZ = range(400, 4_000, 100)
BIN_MS = 10


def words(path: Path, engine: Engine, options: Options, chunk_ms: int) -> tuple[int, list[Word]]:
    """How many chunks there were, and all words."""
    chunks = pipeline.prepare(path, options, chunk_ms=chunk_ms)
    heard = [pipeline.transcribe(chunk, engine, options, RecordingContext()) for chunk in chunks]
    return len(heard), [word for segment in join(heard, WHOLE_MS) for word in segment.words]


@pytest.fixture(scope="module")
def sayings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips with pauses between them that are too long for two of them to be heard together."""
    path = tmp_path_factory.mktemp("borders") / "sayings.flac"
    pause = np.zeros((JOIN_GAP_MS + 1_000) * RATE, np.float32)
    write_flac(path, [block for name in CLIPS for block in (*decode(SAMPLES / name), pause)])
    return path


@pytest.mark.parametrize("chunk_ms", [11_000, 16_000, 23_000])
def test_whisper_hears_the_same_words_however_it_is_cut(
    whisper: FasterWhisperEngine, sayings: Path, chunk_ms: int
) -> None:
    _, uncut = words(sayings, whisper, WHISPER, WHOLE_MS)
    assert " ".join(word.text for word in uncut) == " ".join(samples()[name]["text"] for name in CLIPS)
    count, cut = words(sayings, whisper, WHISPER, chunk_ms)
    assert count > 1
    assert [word.text for word in cut] == [word.text for word in uncut]
    assert max(abs(a.start_ms - b.start_ms) for a, b in zip(cut, uncut, strict=True)) < 500


class ToneEngine:
    """Hears tones as words: each has its pitch for a name, so that a lost, doubled or halved one is seen at once."""

    name: ClassVar[str] = "tones"
    provides: ClassVar[Provides] = Provides(
        languages=None, word_times=True, confidence=False, translation=False, detects_language=False
    )

    def detect_language(self, source: Chunk, options: Options) -> tuple[str, float] | None:
        return None

    def transcribe(self, source: Chunk, options: Options, context: Context) -> Recognition:
        heard = tuple(_tones(source.samples, source.start_ms))
        if not heard:
            return Recognition((), "en")
        text = " ".join(word.text for word in heard)
        return Recognition((Segment(heard[0].start_ms, heard[-1].end_ms, text, heard),), "en")


def _tones(sound: np.ndarray, offset_ms: int) -> Iterator[Word]:
    bins = sound[: len(sound) // (BIN_MS * RATE) * BIN_MS * RATE].reshape(-1, BIN_MS * RATE)
    loud = np.concatenate([[False], np.abs(bins).max(axis=1) > 0.05, [False]])
    edges = np.flatnonzero(np.diff(loud.astype(np.int8))).reshape(-1, 2)
    for first, last in edges.tolist():
        tone = bins[first:last].ravel()
        pitch = np.fft.rfftfreq(len(tone), 1 / SAMPLE_RATE)[np.abs(np.fft.rfft(tone)).argmax()]
        length = round((last - first) * BIN_MS, -2)
        yield Word(f"{round(pitch, -2):.0f}Hz{length}", offset_ms + first * BIN_MS, offset_ms + last * BIN_MS)


@pytest.fixture(scope="module")
def melody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two minutes and a half of tones of 200 or 300 ms with pauses of 60 to 200 ms: nowhere is it quiet for long."""
    random = np.random.default_rng(5)
    parts = []
    for _ in range(TONES):
        time = np.arange(int(random.choice([200, 300])) * RATE) / SAMPLE_RATE
        parts.append((0.3 * np.sin(2 * np.pi * int(random.choice(TONES_HZ)) * time)).astype(np.float32))
        parts.append(np.zeros(int(random.integers(6, 20)) * 10 * RATE, np.float32))
    path = tmp_path_factory.mktemp("borders") / "melody.flac"
    write_flac(path, parts)
    return path


@pytest.mark.parametrize(
    ("chunk_ms", "vad"),
    [*((chunk_ms, False) for chunk_ms in (3_000, 5_000, 7_700, 12_000, 20_000, 31_000, 60_000)), (9_000, True)],
)
def test_not_one_of_many_words_is_lost_doubled_or_cut(melody: Path, chunk_ms: int, vad: bool) -> None:
    options = replace(WHISPER, engine="tones", vad=VadOptions(enabled=vad))
    _, uncut = words(melody, ToneEngine(), options, WHOLE_MS)
    assert len(uncut) == TONES
    count, cut = words(melody, ToneEngine(), options, chunk_ms)
    assert count > 1
    assert [word.text for word in cut] == [word.text for word in uncut]
    assert max(abs(a.start_ms - b.start_ms) for a, b in zip(cut, uncut, strict=True)) <= 2 * BIN_MS
