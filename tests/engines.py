"""Engines for tests and benchmarks, registered by the test settings."""

from __future__ import annotations

from transcription.asr.engines.base import EngineConfig
from transcription.asr.engines.fake import FakeEngine


class PacedEngine(FakeEngine):
    """Takes 0.05 s for every second of audio, like a fast real one, but needs no processor for it."""

    name = "paced"

    def __init__(self, config: EngineConfig) -> None:
        super().__init__(config, seconds_per_audio_second=0.05)
