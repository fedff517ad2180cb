"""Engines for tests and benchmarks, registered by the test settings."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from tests.browser.demo import GREETING
from transcription.asr.engines.base import EngineConfig, Provides
from transcription.asr.engines.fake import FakeEngine, read_out
from transcription.asr.options import Options
from transcription.asr.types import Chunk, Context, Recognition, Span


class PacedEngine(FakeEngine):
    """Takes 0.05 s for every second of audio, like a fast real one, but needs no processor for it."""

    name = "paced"

    def __init__(self, config: EngineConfig, *, seconds_per_audio_second: float = 0.05) -> None:
        super().__init__(config, seconds_per_audio_second=seconds_per_audio_second)


class GreetingEngine(PacedEngine):
    """Knows by heart what two people say in arabic-greeting.mp3, and takes long enough for its progress to be seen."""

    name = "greeting"
    provides: ClassVar[Provides] = replace(FakeEngine.provides, diarization=True)

    def __init__(self, config: EngineConfig) -> None:
        super().__init__(config, seconds_per_audio_second=0.2)

    def transcribe(self, source: Chunk, options: Options, context: Context) -> Recognition:
        self._take_time(source, context)
        text, whole = " ".join(line for *_, line in GREETING), (Span(source.start_ms, source.end_ms),)
        return Recognition(read_out(text, whole, language="ar", speakers=2), "ar", 1.0)
