"""Settings into engines: the one place where the two meet."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, cast

from django.conf import settings

from transcription.asr import pipeline
from transcription.asr.align import models as alignment_models
from transcription.asr.diarize import pyannote
from transcription.asr.engines import registry
from transcription.asr.engines.base import EngineConfig
from transcription.asr.engines.cache import EngineCache
from transcription.configuration import model_dir, pyannote_config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from transcription.asr.align.base import Aligner
    from transcription.asr.engines.base import Engine, Provides
    from transcription.asr.options import Options
    from transcription.asr.types import Diarization

# How often loaded models are looked at, beside the look after each task.
IDLE_LOOK_SECONDS = 60.0
ALIGNER, BUILT_IN_ALIGNER = "wav2vec2", "pocketsphinx"
ALIGNERS = {
    ALIGNER: "transcription.asr.align.wav2vec2.Wav2Vec2Aligner",
    BUILT_IN_ALIGNER: "transcription.asr.align.english.EnglishWords",
}


@cache
def _loaded() -> EngineCache:
    """One cache a process, made after the fork."""
    threading.Thread(target=_unload_by_and_by, name="unload-idle", daemon=True).start()
    return EngineCache(max_loaded=settings.ASR_MAX_LOADED_MODELS, engines=_engines())


@cache
def _aligners() -> EngineCache:
    """Beside the engines', so that no aligner pushes an engine out. Two, for recordings that mix two languages."""
    return EngineCache(max_loaded=2, engines=ALIGNERS)


def describe(engine: str) -> Provides:
    """What the engine can do; loads no model. Raises EngineError."""
    return registry.describe(engine, _engines())


def _engines() -> dict[str, str]:
    return {**registry.ENGINES, **settings.ASR_EXTRA_ENGINES}


def engine_config(engine: str, model: str) -> EngineConfig:
    """How this worker loads `model` of `engine`."""
    return EngineConfig(
        model=model,
        model_dir=model_dir(),
        device=settings.ASR_DEVICE,
        compute_type=settings.ASR_COMPUTE_TYPE,
        cpu_threads=settings.ASR_CPU_THREADS,
        batch_size=settings.ASR_BATCH_SIZE or "auto",
        download_allowed=settings.ASR_ALLOW_DOWNLOAD,
        token=settings.HF_TOKEN,
        **settings.ASR_SERVICES.get(engine, {}),
    )


def tell_speakers(path: Path, options: Options, *, on_progress: Callable[[int], None] | None = None) -> Diarization:
    """Who speaks when in a file, by the job's method. Raises EngineError and MediaError."""
    cache_dir = settings.PATHS.var / "cache"
    return pipeline.diarize(path, options, cache_dir=cache_dir, pyannote=pyannote_config(), on_progress=on_progress)


def load(engine: str, model: str) -> Engine:
    """The engine, loaded once a process. Raises EngineError."""
    return _loaded().get(engine, engine_config(engine, model))


def aligner(language: str) -> Aligner | None:
    """The language's alignment model, loaded once a process; None where there is none. Raises EngineError."""
    folder = alignment_models.find_model(language, model_dir())
    if folder is None:
        return None
    return cast("Aligner", _aligners().get(ALIGNER, engine_config(ALIGNER, str(folder))))


def word_aligner(language: str) -> Aligner | None:
    """What finds words that are known: the language's model, or what comes in a wheel. Raises EngineError.

    Recognition itself leaves the latter out: Whisper's own times are better than those.
    """
    found = aligner(language)
    if found is None and language == alignment_models.BUILT_IN and alignment_models.has_built_in():
        return cast("Aligner", _aligners().get(BUILT_IN_ALIGNER, engine_config(BUILT_IN_ALIGNER, language)))
    return found


def unload_idle() -> int:
    """Free the memory of models nobody used for a while."""
    ended = pyannote.stop_all(idle_s=settings.ASR_IDLE_UNLOAD_SECONDS)
    ended += _aligners().unload_idle(settings.ASR_IDLE_UNLOAD_SECONDS)
    return ended + _loaded().unload_idle(settings.ASR_IDLE_UNLOAD_SECONDS)


def _unload_by_and_by() -> None:
    """A worker that gets no more tasks would keep its models for ever."""
    pause = threading.Event()
    while not pause.wait(IDLE_LOOK_SECONDS):
        unload_idle()
