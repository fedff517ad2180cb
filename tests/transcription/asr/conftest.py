"""Recordings with known words, and models that are loaded once a session."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from transcription.asr import pipeline
from transcription.asr.engines.base import EngineConfig
from transcription.asr.engines.embedded import EmbeddedEngine
from transcription.asr.engines.faster_whisper import FasterWhisperEngine
from transcription.asr.options import DiarizationOptions, Options
from transcription.asr.types import Diarization, Segment, Stopped

FIXTURES = Path(__file__).parents[2] / "fixtures"
WHISPER = FIXTURES / "whisper-espeak"
SAMPLES = FIXTURES / "whisper-espeak-samples"
DEMO = FIXTURES / "demo"


@dataclass
class RecordingContext:
    """A step's context that remembers what it was told."""

    reports: list[int] = field(default_factory=list)
    stop_after: int | None = None

    def progress(self, done_ms: int) -> None:
        self.reports.append(done_ms)
        if self.stop_after is not None and len(self.reports) >= self.stop_after:
            raise Stopped

    def load_checkpoint(self) -> dict[str, object] | None:
        return None

    def save_checkpoint(self, state: dict[str, object]) -> None:
        raise AssertionError("no engine here resumes")


@cache
def samples() -> dict[str, Any]:
    """The clips' texts, words, languages and speakers."""
    found: dict[str, Any] = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))
    return found


@cache
def meeting() -> dict[str, Any]:
    """The demo meeting's reference: who says what when, in seconds."""
    found: dict[str, Any] = json.loads((DEMO / "team-meeting.json").read_text(encoding="utf-8"))
    return found


def text_of(segments: tuple[Segment, ...]) -> str:
    return " ".join(segment.text for segment in segments)


def plain(text: str) -> str:
    """Lower case, letters only: two spellings of punctuation are one text."""
    return re.sub(r"[^a-z' ]", "", text.lower().replace("-", ""))


@pytest.fixture
def context() -> RecordingContext:
    return RecordingContext()


@pytest.fixture(scope="session")
def whisper() -> FasterWhisperEngine:
    return FasterWhisperEngine(EngineConfig(str(WHISPER), device="cpu", cpu_threads=1))


@pytest.fixture(scope="session")
def whisper_batched() -> FasterWhisperEngine:
    return FasterWhisperEngine(EngineConfig(str(WHISPER), device="cpu", cpu_threads=1, batch_size=4))


@pytest.fixture(scope="session")
def embedded() -> EmbeddedEngine:
    return EmbeddedEngine(EngineConfig("tiny-en"))


@pytest.fixture(scope="session")
def weights_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(scope="session")
def by_voice(weights_dir: Path) -> Diarization:
    """The demo meeting's speakers, told apart by voice."""
    options = Options("embedded", "tiny-en", diarization=DiarizationOptions(enabled=True))
    return pipeline.diarize(DEMO / "team-meeting.mp3", options, cache_dir=weights_dir)
