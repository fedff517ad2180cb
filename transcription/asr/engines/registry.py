"""Which engines there are, by name. Importing this, or describing an engine, loads no runtime."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from transcription.asr.types import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from transcription.asr.engines.base import Engine, EngineConfig, Provides

ENGINES: Mapping[str, str] = {
    "embedded": "transcription.asr.engines.embedded.EmbeddedEngine",
    "faster_whisper": "transcription.asr.engines.faster_whisper.FasterWhisperEngine",
    "assemblyai": "transcription.asr.engines.assemblyai.AssemblyAIEngine",
    "fake": "transcription.asr.engines.fake.FakeEngine",
}


def engine_class(name: str, engines: Mapping[str, str] = ENGINES) -> type[Engine]:
    """The class behind a name. Raises EngineError `engine_unknown`."""
    path = engines.get(name)
    if path is None:
        known = ", ".join(sorted(engines))
        raise EngineError("engine_unknown", f"There is no engine called “{name}”. Choose one of: {known}.")
    module, _, attribute = path.rpartition(".")
    return cast("type[Engine]", getattr(import_module(module), attribute))


def describe(name: str, engines: Mapping[str, str] = ENGINES) -> Provides:
    """What the engine can do, without loading its model or its runtime. Raises EngineError `engine_unknown`."""
    return engine_class(name, engines).provides


def create(name: str, config: EngineConfig, engines: Mapping[str, str] = ENGINES) -> Engine:
    """A new engine with its model loaded. Raises EngineError where that is impossible."""
    factory = cast("type", engine_class(name, engines))
    return cast("Engine", factory(config))
