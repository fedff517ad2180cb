"""Which engine and model a job gets, decided without loading either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from config.common import liveness
from config.common.errors import Invalid
from transcription.asr.diarize.pyannote_models import missing
from transcription.asr.engines.base import tells_speakers
from transcription.asr.engines.registry import ENGINES, describe
from transcription.asr.engines.whisper_models import REPOSITORIES, find_model, own_models, size_of
from transcription.asr.options import Options
from transcription.configuration import pyannote_config
from transcription.states import Queue

logger = structlog.get_logger(__name__)
WHISPER, EMBEDDED, FAKE = "faster_whisper", "embedded", "fake"
# The model that comes inside the wheel; the engine has no other.
EMBEDDED_MODEL = "moonshine-tiny-en"
# From best to smallest, for "whatever is on this machine".
PREFERRED = ("large-v3-turbo", "large-v3", "large-v2", "distil-large-v3", "medium", "small", "base", "tiny")
LARGE = ("large", "turbo", "distil-large")
# Models of the operator's own go by their bytes on disk: `small` has 484 MB, `medium` 1.5 GB, `large-v3` 3.1 GB.
SMALL_BYTES, MEDIUM_BYTES = 700_000_000, 2_000_000_000


def known() -> dict[str, str]:
    """The engines of this deployment, by name. The fake one only where it is switched on, services with a key."""
    engines = {**ENGINES, **settings.ASR_EXTRA_ENGINES}
    if not settings.ASR_FAKE_ENGINE:
        engines.pop(FAKE)
    closed = [name for name, service in settings.ASR_SERVICES.items() if not service["api_key"]]
    return {name: path for name, path in engines.items() if name not in closed}


def needs_diarization(options: Options) -> bool:
    """Whether speakers are told apart in a step of ours: asked for, and not left to the engine."""
    return options.diarization.enabled and not tells_speakers(describe(options.engine, known()), options)


def choose(engine: str, model: str) -> tuple[str, str]:
    """Concrete names for a request's `engine` and `model`, either of which may be "auto". Raises Invalid."""
    if engine == "auto" and model == "auto":
        return default()
    if engine == "auto":
        engine = _engine_of(model)
    if engine not in known():
        raise unknown(engine)
    return engine, _model_of(engine, model)


def unknown(engine: str) -> Invalid:
    """For a name that no engine of this deployment has."""
    message = _("There is no engine called “%(engine)s”. Choose one of: %(names)s.")
    return Invalid.field("engine", message % {"engine": engine, "names": ", ".join(sorted(known()))}, "unknown")


def _engine_of(model: str) -> str:
    """Who has the model: all engines but Whisper have one only, most of them called as they are."""
    if model == EMBEDDED_MODEL:
        return EMBEDDED
    return model if model in known() and model not in (WHISPER, EMBEDDED) else WHISPER


def _model_of(engine: str, model: str) -> str:
    if engine == WHISPER:
        return _whisper(model)
    only = EMBEDDED_MODEL if engine == EMBEDDED else engine
    if model not in ("auto", only):
        message = _("The engine %(engine)s has only the model “%(model)s”.")
        raise Invalid.field("model", message % {"engine": engine, "model": only}, "unknown")
    return only


def _whisper(model: str) -> str:
    if model == "auto":
        own = settings.ASR_MODEL if settings.ASR_MODEL != "auto" else local_whisper()
        return own or PREFERRED[0]
    # SECURITY: a request names models, never folders of the worker; the operator's own folder has its path as name.
    if model not in REPOSITORIES and model not in own_names():
        message = _("There is no Whisper model called “%(model)s”. Known names: %(names)s.")
        # SECURITY: nor does it learn where the operator's own folder lies.
        names = {name for name in own_names() | set(REPOSITORIES) if not name.startswith("/")}
        raise Invalid.field("model", message % {"model": model, "names": ", ".join(sorted(names))}, "unknown")
    return model


def own_names() -> set[str]:
    """Models that are called after their folder, on this machine or on a living worker's."""
    own = {settings.ASR_MODEL} - {"auto", EMBEDDED_MODEL} if settings.ASR_ENGINE in ("auto", WHISPER) else set()
    announced = {model for worker in workers() for model in worker.models}
    return (own | announced | set(own_models(Path(settings.ASR_MODEL_DIR)))) - set(REPOSITORIES)


def installed() -> list[str]:
    """Whisper models that lie on this machine."""
    folder = Path(settings.ASR_MODEL_DIR)
    return [*sorted(name for name in REPOSITORIES if find_model(name, folder)), *own_models(folder)]


def default() -> tuple[str, str]:
    """The engine and model for a job that names none: as set, as the workers have, or as this machine has."""
    return _set() or _announced() or _on_this_machine()


def own_default() -> tuple[str, str]:
    """What this process would use, asking no other; workers announce it."""
    return _set() or _on_this_machine()


def _set() -> tuple[str, str] | None:
    if settings.ASR_ENGINE != "auto":
        return settings.ASR_ENGINE, _model_of(settings.ASR_ENGINE, settings.ASR_MODEL)
    return None if settings.ASR_MODEL == "auto" else (WHISPER, settings.ASR_MODEL)


def _on_this_machine() -> tuple[str, str]:
    """Whisper where a model lies in the models' folder, else the embedded engine, which needs no download."""
    found = local_whisper()
    return (WHISPER, found) if found else (EMBEDDED, EMBEDDED_MODEL)


def local_whisper() -> str | None:
    """The best Whisper model that is on this machine."""
    return next((name for name in PREFERRED if find_model(name, Path(settings.ASR_MODEL_DIR))), None)


def _announced() -> tuple[str, str] | None:
    return min(_offers(), key=lambda offer: (offer[0] != WHISPER, offer), default=None)


def offers() -> set[tuple[str, str]]:
    """Engine and model that some living worker, or this process, has."""
    lying = {(WHISPER, model) for worker in workers() for model in worker.models}
    return {*_offers(), own_default(), *lying}


def only_model(engine: str) -> str:
    """The model of an engine that has one only."""
    return _model_of(engine, "auto")


def has_pyannote() -> bool:
    """Whether a living worker, or this machine, tells speakers apart by pyannote."""
    return any(worker.pyannote for worker in workers()) or missing(pyannote_config()) is None


def _offers() -> set[tuple[str, str]]:
    """What the living workers said they would use: the web image has no models to look at.

    Not an engine that this process does not know: it could not judge a job for it.
    """
    offered = known()
    return {(worker.engine, worker.model) for worker in workers() if worker.engine in offered}


def workers() -> list[liveness.Worker]:
    try:
        return liveness.alive()
    except RedisError as error:
        logger.warning("workers_unknown", error=type(error).__name__)
        return []


def queue_of(engine: str, model: str) -> Queue:
    """Which workers take the job: by the size of a known model, of a folder by its bytes on disk, else any."""
    if engine != WHISPER:
        return Queue.DEFAULT
    if model not in REPOSITORIES:
        return _queue_of_folder(model)
    if model.startswith(LARGE):
        return Queue.LARGE
    return Queue.MEDIUM if "medium" in model else Queue.SMALL


def _queue_of_folder(model: str) -> Queue:
    folder = find_model(model, Path(settings.ASR_MODEL_DIR))
    if folder is None:
        return Queue.DEFAULT
    size = size_of(folder)
    if size > MEDIUM_BYTES:
        return Queue.LARGE
    return Queue.MEDIUM if size > SMALL_BYTES else Queue.SMALL


def catalogue() -> list[dict[str, Any]]:
    """The engines and what each can do, for people and programs."""
    chosen, model = default()
    rows = []
    for name, path in sorted(known().items()):
        provides = describe(name, {name: path})
        rows.append(
            {
                "name": name,
                "is_default": name == chosen,
                "model": model if name == chosen else _model_of(name, "auto"),
                "languages": None if provides.languages is None else sorted(provides.languages),
                "word_times": provides.word_times,
                "confidence": provides.confidence,
                "translation": provides.translation,
                "detects_language": provides.detects_language,
                "mixed_languages": provides.mixed_languages,
                "remote": provides.remote,
                "hints": provides.hints,
            }
        )
    return rows
