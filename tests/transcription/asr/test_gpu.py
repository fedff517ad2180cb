"""The same words and voices on an NVIDIA GPU as on the processor: `pytest -m gpu` on a machine that has one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.transcription.asr.conftest import WHISPER, samples, text_of
from tests.transcription.asr.test_pyannote import CLIP, CONFIG, frames_right, installed, tell_apart
from tests.transcription.asr.test_whisper import EXACT_BATCHED, hear
from transcription.asr.diarize import pyannote_child
from transcription.asr.diarize.pyannote import stop_all
from transcription.asr.engines.base import EngineConfig
from transcription.asr.engines.faster_whisper import FasterWhisperEngine

pytestmark = [pytest.mark.gpu]


@pytest.fixture(scope="module")
def whisper_on_gpu() -> FasterWhisperEngine:
    """As a worker loads it: device, precision and batches chosen by itself."""
    return FasterWhisperEngine(EngineConfig(str(WHISPER)))


def test_a_gpu_is_used_where_there_is_one(whisper_on_gpu: FasterWhisperEngine) -> None:
    model = whisper_on_gpu
    assert (model.device, model._model.model.device, model.batch_size) == ("cuda", "cuda", 8)
    assert model.compute_type != "float32"


@pytest.mark.parametrize("name", EXACT_BATCHED)
def test_words_are_the_same(whisper_on_gpu: FasterWhisperEngine, name: str) -> None:
    assert text_of(hear(whisper_on_gpu, name).segments) == samples()[name]["text"]


@installed
def test_voices_are_the_same() -> None:
    assert pyannote_child.device("auto") == "cuda"
    try:
        assert frames_right(tell_apart(replace(CONFIG, device="auto")), samples()[CLIP.name]["turns"]) >= 0.95
    finally:
        stop_all()
