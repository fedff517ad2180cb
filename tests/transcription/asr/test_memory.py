"""Memory that runs out: once less is needed, then the job is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transcription.asr.conftest import SAMPLES, WHISPER, RecordingContext, samples, text_of
from transcription.asr import pipeline
from transcription.asr.engines import memory
from transcription.asr.engines.base import EngineConfig
from transcription.asr.engines.faster_whisper import FasterWhisperEngine
from transcription.asr.options import Options
from transcription.asr.types import EngineError

OPTIONS = Options("faster_whisper", "whisper-espeak", language="en")
CUDA_SAYS = "CUDA failed with error out of memory"


class Full:
    """Stands before the C++ runtime: the first calls find no memory, the others go through."""

    def __init__(self, runtime: Any, failures: int) -> None:
        self.runtime, self.failures = runtime, failures

    def __getattr__(self, name: str) -> Any:
        return getattr(self.runtime, name)

    def generate(self, *args: Any, **settings: Any) -> Any:
        if self.failures:
            self.failures -= 1
            raise RuntimeError(CUDA_SAYS)
        return self.runtime.generate(*args, **settings)


def engine(failures: int, compute_type: str = "float32") -> FasterWhisperEngine:
    made = FasterWhisperEngine(
        EngineConfig(str(WHISPER), device="cpu", compute_type=compute_type, cpu_threads=1, batch_size=4)
    )
    made._model.model = Full(made._model.model, failures)
    return made


def hear(model: FasterWhisperEngine) -> str:
    chunk = next(pipeline.prepare(SAMPLES / "en_digits.wav", OPTIONS))
    return text_of(model.transcribe(chunk, OPTIONS, RecordingContext()).segments)


def test_less_is_needed_and_the_words_are_there() -> None:
    model = engine(failures=1)
    assert hear(model) == samples()["en_digits.wav"]["text"]
    assert (model.compute_type, model.batch_size) == ("int8", 1)
    assert model._model.model.compute_type.startswith("int8")


def test_what_is_smallest_is_tried_with_small_batches() -> None:
    model = engine(failures=1, compute_type="int8")
    assert hear(model) == samples()["en_digits.wav"]["text"]
    assert (model.compute_type, model.batch_size) == ("int8", 1)


def test_the_second_time_the_job_is_told() -> None:
    with pytest.raises(EngineError, match="smaller model") as caught:
        hear(engine(failures=2, compute_type="int8"))
    assert (caught.value.type, caught.value.retryable) == ("out_of_memory", True)


def test_a_model_that_finds_no_room_again_is_loaded_for_the_next_job(monkeypatch: pytest.MonkeyPatch) -> None:
    import faster_whisper

    model = engine(failures=1)
    real = faster_whisper.WhisperModel

    def full(*_args: Any, **_settings: Any) -> None:
        raise RuntimeError(CUDA_SAYS)

    monkeypatch.setattr(faster_whisper, "WhisperModel", full)
    with pytest.raises(EngineError) as caught:
        hear(model)
    assert (caught.value.type, caught.value.retryable) == ("out_of_memory", True)
    monkeypatch.setattr(faster_whisper, "WhisperModel", real)
    assert hear(model) == samples()["en_digits.wav"]["text"]


def test_other_errors_pass() -> None:
    model = engine(failures=0)

    def broken(*_args: Any, **_settings: Any) -> None:
        raise RuntimeError("something else")

    model._model.model.generate = broken
    with pytest.raises(RuntimeError, match="something else"):
        hear(model)


def test_loading_needs_less_too(monkeypatch: pytest.MonkeyPatch) -> None:
    import faster_whisper

    real, asked = faster_whisper.WhisperModel, []

    def load(*args: Any, **settings: Any) -> Any:
        asked.append(settings["compute_type"])
        if settings["compute_type"] != "int8":
            raise RuntimeError(CUDA_SAYS)
        return real(*args, **settings)

    monkeypatch.setattr(faster_whisper, "WhisperModel", load)
    made = FasterWhisperEngine(EngineConfig(str(WHISPER), device="cpu", compute_type="float32", cpu_threads=1))
    assert asked == ["float32", "int8"]
    assert made.compute_type == "int8"
    with pytest.raises(EngineError) as caught:
        FasterWhisperEngine(EngineConfig(str(WHISPER), device="cpu", compute_type="int8_bfloat16", cpu_threads=1))
    assert caught.value.type == "out_of_memory"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (RuntimeError(CUDA_SAYS), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("CUDA driver version is insufficient"), False),
    ],
)
def test_signs(error: Exception, expected: bool) -> None:
    assert memory.ran_out(error) is expected
