"""Recordings at the edge of what can be recognized, through the whole pipeline with real engines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from jiwer import wer
from numpy.typing import NDArray

from media.audio.decode import decode
from media.audio.probe import probe
from tests.media.audio.makers import Format, encode, noise, wav
from tests.transcription.asr.conftest import DEMO, SAMPLES, RecordingContext, meeting, plain, samples, text_of
from transcription.asr import pipeline
from transcription.asr.engines.base import Engine
from transcription.asr.engines.embedded import EmbeddedEngine
from transcription.asr.engines.faster_whisper import FasterWhisperEngine
from transcription.asr.options import Options
from transcription.asr.types import Result

RATE = 16_000
SAID_MS = 5_700  # the demo meeting's first turn
MOST_WRONG = 0.13  # two of its sixteen words
OPTIONS = Options("embedded", "tiny-en", language="en")
WHISPER_OPTIONS = Options("faster_whisper", "whisper-espeak", temperature=(0.0,))
MULAW = Format("wav", "wav", "pcm_mulaw", "wav", "pcm_mulaw", rate=8_000, channels=1, sample_format="s16")
Samples = NDArray[np.float32]


def result_of(path: Path, engine: Engine, options: Options = OPTIONS) -> Result:
    """What a job makes of it, without speakers."""
    chunks = pipeline.prepare(path, options)
    heard = [pipeline.transcribe(chunk, engine, options, RecordingContext()) for chunk in chunks]
    return pipeline.assemble(heard, None, options, probe(path).duration_ms, {})


def music(seconds: float) -> Samples:
    """Four chords of struck strings in turn, each tone with overtones that die away faster than itself."""
    chords = [(262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294)]
    once = np.concatenate([sum((struck(hertz) for hertz in chord), silence(1)) for chord in chords])
    sound = np.resize(once, round(seconds * RATE))
    return np.asarray(0.5 * sound / np.abs(sound).max(), np.float32)


def struck(hertz: int) -> Samples:
    time, overtones = np.arange(RATE) / RATE, np.arange(1, 6)[:, None]
    waves = np.sin(2 * np.pi * hertz * overtones * time) * np.exp(-3 * overtones * time) / overtones
    return np.asarray(waves.sum(axis=0), np.float32)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def white_noise(seconds: float) -> Samples:
    rough = np.random.default_rng(5).standard_normal(round(seconds * RATE))
    return np.asarray((0.3 * rough).clip(-1, 1), np.float32)


def speech(rate: int = RATE) -> Samples:
    return np.concatenate(list(decode(DEMO / "team-meeting.mp3", sample_rate=rate, end_ms=SAID_MS)))


def spoken(until_s: float) -> str:
    return " ".join(turn["text"] for turn in meeting()["segments"] if turn["end"] <= until_s)


NOBODY = {
    "silence": silence(10),
    "soft noise": noise(10, RATE),
    "white noise": white_noise(10),
    "music": music(12),
    "0.3 s of silence": silence(0.3),
    "one sample": silence(1 / RATE),
}


@pytest.mark.parametrize("name", NOBODY)
def test_where_nobody_speaks_there_is_a_warning_and_no_words(
    name: str, tmp_path: Path, embedded: EmbeddedEngine, whisper: FasterWhisperEngine
) -> None:
    path = wav(tmp_path / "nobody.wav", NOBODY[name])
    for engine, options in ((embedded, OPTIONS), (whisper, WHISPER_OPTIONS)):
        found = result_of(path, engine, options)
        assert found.segments == ()
        assert [warning.type for warning in found.warnings] == ["no_speech"]
        assert (found.language, found.language_confidence, found.speakers) == (None, None, ())
        assert found.duration_ms == probe(path).duration_ms


def test_speech_between_music_is_heard_and_the_music_is_not(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    said, played = speech(), music(8)
    found = result_of(wav(tmp_path / "show.wav", np.concatenate([played, said, played])), embedded)
    assert wer(plain(spoken(SAID_MS / 1000)), plain(text_of(found.segments))) <= MOST_WRONG
    assert all(7_800 <= segment.start_ms < segment.end_ms <= 8_200 + SAID_MS for segment in found.segments)


@pytest.mark.parametrize("channel", [0, 2, 7])
def test_one_voice_among_eight_channels(channel: int, tmp_path: Path, embedded: EmbeddedEngine) -> None:
    said = speech()
    tracks = np.zeros((8, len(said)), np.float32)
    tracks[channel] = said
    path = wav(tmp_path / "eight.wav", tracks)
    assert probe(path).channels == 8
    assert wer(plain(spoken(SAID_MS / 1000)), plain(text_of(result_of(path, embedded).segments))) <= MOST_WRONG


def test_a_telephone_recording(tmp_path: Path, embedded: EmbeddedEngine) -> None:
    path = encode(tmp_path / "call.wav", MULAW, speech(8_000))
    found = probe(path)
    assert (found.codec, found.sample_rate) == ("pcm_mulaw", 8_000)
    heard = result_of(path, embedded)
    assert wer(plain(spoken(SAID_MS / 1000)), plain(text_of(heard.segments))) <= MOST_WRONG
    assert heard.duration_ms == SAID_MS


def test_a_third_of_a_second_holds_one_word(tmp_path: Path, whisper: FasterWhisperEngine) -> None:
    word = samples()["en_digits.wav"]["words"][2]
    start = round(1000 * word["start"])
    sound = np.concatenate(list(decode(SAMPLES / "en_digits.wav", start_ms=start, end_ms=start + 300)))
    found = result_of(wav(tmp_path / "short.wav", sound), whisper, WHISPER_OPTIONS)
    assert found.duration_ms == 300
    assert len(found.segments) == 1
    assert 0 <= found.segments[0].start_ms <= found.segments[0].end_ms <= 300


def test_two_languages_in_one_file(whisper: FasterWhisperEngine) -> None:
    """Both are written as they are said, and the confidence tells that one language is not all of it."""
    found = result_of(SAMPLES / "mixed_en_ar.flac", whisper, WHISPER_OPTIONS)
    assert text_of(found.segments) == samples()["mixed_en_ar.flac"]["text"]
    assert found.language == "en"
    assert found.language_confidence is not None
    assert found.language_confidence < 0.7
