"""The pipeline beside the libraries themselves on the same file: cutting, gating and joining cost no words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from faster_whisper import WhisperModel
from jiwer import wer
from moonshine_voice import ModelArch, Transcriber, get_model_path

from media.audio.decode import decode
from tests.transcription.asr.conftest import DEMO, SAMPLES, WHISPER, RecordingContext, meeting, plain, samples
from transcription.asr import pipeline
from transcription.asr.engines.base import Engine
from transcription.asr.engines.embedded import EmbeddedEngine
from transcription.asr.engines.faster_whisper import FasterWhisperEngine
from transcription.asr.options import Options

pytestmark = pytest.mark.slow


def heard(path: Path, engine: Engine, options: Options, chunk_ms: int) -> str:
    parts = [
        pipeline.transcribe(chunk, engine, options, RecordingContext())
        for chunk in pipeline.prepare(path, options, chunk_ms=chunk_ms)
    ]
    return " ".join(segment.text for segment in pipeline.assemble(parts, None, options, 0, {}).segments)


@cache
def library() -> WhisperModel:
    return WhisperModel(str(WHISPER), device="cpu", cpu_threads=1)


@pytest.mark.parametrize("vad", [False, True])
@pytest.mark.parametrize("name", [name for name, one in samples().items() if one["text"]])
def test_whisper_hears_no_less_than_by_itself(name: str, vad: bool, whisper: FasterWhisperEngine) -> None:
    # Both without sampling, by which they try again where they are unsure: words would be chance.
    alone = {"vad_filter": vad, "condition_on_previous_text": False, "temperature": 0.0}
    segments, _ = library().transcribe(str(SAMPLES / name), **alone)
    bare = " ".join(segment.text.strip() for segment in segments)
    options = Options("faster_whisper", "whisper-espeak", temperature=(0.0,))
    ours = heard(SAMPLES / name, whisper, options, 300_000)
    assert wer(samples()[name]["text"], ours) <= wer(samples()[name]["text"], bare)


def test_moonshine_hears_no_less_than_by_itself(embedded: EmbeddedEngine) -> None:
    path, said = DEMO / "team-meeting.mp3", " ".join(turn["text"] for turn in meeting()["segments"])
    sound = np.concatenate(list(decode(path)))
    library = Transcriber(str(get_model_path("tiny-en")), ModelArch.TINY, options={"return_audio_data": "false"})
    bare = " ".join(line.text for line in library.transcribe_without_streaming(sound.clip(-1, 1).tolist()).lines)
    ours = heard(path, embedded, Options("embedded", "tiny-en", language="en"), 300_000)
    assert wer(plain(said), plain(ours)) <= wer(plain(said), plain(bare))
