"""Who speaks when, by pyannote.audio: a pipeline of neural networks, run in a process of its own.

Torch lives in that process only. It can be killed in the middle of a recording, which is how a cancel gets through to
it, and its memory goes back to the machine when it ends, which it does after some recordings or when it has grown.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from transcription.asr.diarize.base import TURN_GAP_MS, joined, speaker_names
from transcription.asr.diarize.child import Child, ChildDied
from transcription.asr.diarize.pyannote_models import PyannoteConfig, fetch
from transcription.asr.types import SAMPLE_RATE, Diarization, EngineError, Span, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from transcription.asr.options import DiarizationOptions

    Samples = NDArray[np.float32]

PROGRAM = "transcription.asr.diarize.pyannote_child"
SAMPLES_PER_MS = SAMPLE_RATE // 1000
SMALLEST_LENGTH = 1e-6  # of a voice vector; shorter ones are padding


def diarize(
    blocks: Iterable[Samples],
    options: DiarizationOptions,
    config: PyannoteConfig,
    *,
    start_ms: int = 0,
    on_progress: Callable[[int], None] | None = None,
) -> Diarization:
    """Turns of the voices in blocks of mono samples at 16 kHz, whose first one is at `start_ms`.

    What `on_progress` raises ends the process and passes through. Raises EngineError `diarization_unavailable`,
    `diarization_too_long`, `diarization_failed` or `out_of_memory`.
    """
    folder = fetch(config)
    with tempfile.TemporaryDirectory(prefix="tadwin-voices-") as place:
        sound = Path(place) / "sound.f32"
        count = _write(sound, blocks, config.longest_ms)
        if not count:
            return Diarization((), "pyannote")
        length_ms = count // SAMPLES_PER_MS

        def reached(share: float) -> None:
            if on_progress:
                on_progress(start_ms + round(share * length_ms))

        request = {"sound": str(sound), "samples": count, **_speakers(options)}
        return _diarization(_ask(folder, config, request, reached), start_ms)


def _write(path: Path, blocks: Iterable[Samples], longest_ms: int) -> int:
    """The sound as raw numbers, for the process to map into its memory; how many there are."""
    count = 0
    with path.open("wb") as file:
        for block in blocks:
            count += block.shape[-1]
            if count > longest_ms * SAMPLES_PER_MS:
                minutes = longest_ms // 60_000
                message = (
                    f"Recordings of more than {minutes} minutes are too long for pyannote on this worker. "
                    "Choose the method “embedded”, or transcribe the recording in parts."
                )
                raise EngineError("diarization_too_long", message)
            file.write(np.ascontiguousarray(block, np.float32).tobytes())
    return count


def _speakers(options: DiarizationOptions) -> dict[str, int | None]:
    if options.speakers:
        return {"num_speakers": options.speakers}
    return {"min_speakers": options.min_speakers, "max_speakers": options.max_speakers}


_children: dict[Any, Child] = {}
_lock = RLock()  # a thread ends processes that were idle for long


@contextmanager
def _child(folder: Path, config: PyannoteConfig) -> Iterator[Child]:
    """The process that has this pipeline loaded; one at a time, because it is large."""
    with _lock:
        child = _started(folder, config)
        child.is_busy = True
    try:
        yield child
    finally:
        child.is_busy = False
        too_large = config.most_memory_mb and child.memory_mb() > config.most_memory_mb
        if not child.is_alive() or too_large or child.asked >= config.recycle_after:
            stop_all()


def _started(folder: Path, config: PyannoteConfig) -> Child:
    key = (folder, config)
    if key not in _children or not _children[key].is_alive():
        stop_all()
        start = {key: value for key, value in asdict(config).items() if key in ("device", "threads", "batch_size")}
        _children[key] = Child(PROGRAM, {**start, "folder": str(folder), "name": config.model})
    return _children[key]


def stop_all(*, idle_s: float = 0.0) -> int:
    """End the processes that were not asked for so many seconds; how many were ended."""
    with _lock:
        idle = [key for key, child in _children.items() if child.idle_s() >= idle_s]
        for key in idle:
            _children.pop(key).kill()
    return len(idle)


def _ask(
    folder: Path, config: PyannoteConfig, request: dict[str, Any], reached: Callable[[float], None]
) -> dict[str, Any]:
    try:
        with _child(folder, config) as child:
            answer = child.ask(request, reached)
    except ChildDied as died:
        raise _death(died) from died
    if "error" in answer:
        stop_all()
        kind = answer["error"]
        raise EngineError(kind, answer["message"], retryable=kind == "out_of_memory")
    return answer


def _death(died: ChildDied) -> EngineError:
    if died.killed:
        message = "Telling speakers apart needed more memory than the worker has. Choose the method “embedded”."
        return EngineError("out_of_memory", message, retryable=True)
    return EngineError("diarization_failed", "The process that tells speakers apart broke. Try again.", retryable=True)


def _diarization(answer: dict[str, Any], start_ms: int) -> Diarization:
    found = sorted((start_ms + start, start_ms + end, label) for start, end, label in answer["turns"])
    labels = list(dict.fromkeys(label for _, _, label in found))
    names = dict(zip(labels, speaker_names(range(len(labels))).values(), strict=True))
    turns = joined((Turn(start, end, names[label]) for start, end, label in found), gap_ms=TURN_GAP_MS)
    embeddings = {names[label]: vector for label, vector in _vectors(answer["embeddings"]) if label in names}
    overlaps = tuple(Span(start_ms + start, start_ms + end) for start, end in answer["overlaps"])
    return Diarization(tuple(turns), "pyannote", embeddings, answer["model"], overlaps=overlaps)


def _vectors(rows: dict[str, list[float] | None]) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Voice vectors of unit length. Rows that are padding, or hold what is no number, belong to nobody."""
    for label, row in rows.items():
        vector = np.array(row or [], np.float64)
        length = float(np.linalg.norm(vector)) if vector.size and np.isfinite(vector).all() else 0.0
        if length > SMALLEST_LENGTH:
            yield label, tuple(round(float(value), 5) for value in vector / length)
