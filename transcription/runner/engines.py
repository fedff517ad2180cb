"""Settings into engines: the one place where the two meet."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from transcription.asr.engines import registry
from transcription.asr.engines.base import EngineConfig
from transcription.asr.engines.cache import EngineCache

if TYPE_CHECKING:
    from transcription.asr.engines.base import Engine, Provides


@cache
def _loaded() -> EngineCache:
    """One cache a process, made after the fork."""
    return EngineCache(max_loaded=settings.ASR_MAX_LOADED_MODELS, engines=_engines())


def describe(engine: str) -> Provides:
    """What the engine can do; loads no model. Raises EngineError."""
    return registry.describe(engine, _engines())


def _engines() -> dict[str, str]:
    return {**registry.ENGINES, **settings.ASR_EXTRA_ENGINES}


def engine_config(engine: str, model: str) -> EngineConfig:
    """How this worker loads `model` of `engine`."""
    return EngineConfig(
        model=model,
        model_dir=Path(settings.ASR_MODEL_DIR),
        device=settings.ASR_DEVICE,
        compute_type=settings.ASR_COMPUTE_TYPE,
        cpu_threads=settings.ASR_CPU_THREADS,
        batch_size=settings.ASR_BATCH_SIZE or "auto",
        download_allowed=settings.ASR_ALLOW_DOWNLOAD,
        **settings.ASR_SERVICES.get(engine, {}),
    )


def load(engine: str, model: str) -> Engine:
    """The engine, loaded once a process. Raises EngineError."""
    return _loaded().get(engine, engine_config(engine, model))


def unload_idle() -> int:
    """Free the memory of models nobody used for a while."""
    return _loaded().unload_idle(settings.ASR_IDLE_UNLOAD_SECONDS)
