"""A worker's sign of life, renewed by a thread of its main process."""

from __future__ import annotations

import threading
from dataclasses import replace

import structlog
from redis.exceptions import RedisError

from config.common import liveness
from transcription.asr.align.models import languages
from transcription.asr.diarize.pyannote_models import missing
from transcription.configuration import model_dir, pyannote_config
from transcription.services import engines, realigning
from transcription.states import Queue

logger = structlog.get_logger(__name__)
INTERVAL_SECONDS = 5.0
NOT_RECOGNIZING = {Queue.LIGHT, Queue.DIARIZE}


def start(*, name: str, queues: list[str]) -> None:
    recognizes = bool(set(queues) - NOT_RECOGNIZING)
    engine, model = engines.own_default() if recognizes else ("", "")
    worker = liveness.Worker(name, tuple(queues), engine, model)
    _beat(worker)
    threading.Thread(target=_keep_beating, args=(worker,), name="liveness", daemon=True).start()


def stop(name: str) -> None:
    try:
        liveness.forget(name)
    except RedisError:
        logger.warning("liveness_not_removed", worker=name)


def _keep_beating(worker: liveness.Worker) -> None:
    pause = threading.Event()
    while not pause.wait(INTERVAL_SECONDS):
        _beat(worker)


def _beat(worker: liveness.Worker) -> None:
    try:
        liveness.beat(_with_models(worker))
    except RedisError as error:
        logger.warning("liveness_failed", error=type(error).__name__)


def _with_models(worker: liveness.Worker) -> liveness.Worker:
    """Looked up each time: a model may be fetched or removed while the worker runs."""
    models = tuple(engines.installed()) if worker.engine else ()
    return replace(
        worker,
        models=models,
        pyannote=Queue.DIARIZE in worker.queues and missing(pyannote_config()) is None,
        aligned=tuple(languages(model_dir())) if realigning.QUEUE in worker.queues else (),
    )
