"""Where somebody speaks: Silero's voice activity model, fed as a stream. The model ships inside faster-whisper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from media.audio.spans import Span

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SAMPLE_RATE = 16_000
WINDOW = 512  # samples the model judges at once
CONTEXT = 64  # samples before them that it looks at too
STATE_SHAPE = (1, 1, 128)
BATCH_WINDOWS = 30 * SAMPLE_RATE // WINDOW  # C code gets at most 30 s, so that heartbeat and cancel get a turn
HYSTERESIS = 0.15  # speech goes on until the probability falls this far below the threshold
LOWEST_THRESHOLD = 0.01
SAMPLES_A_MS = SAMPLE_RATE // 1000


def speech_spans(
    blocks: Iterable[NDArray[np.float32]],
    *,
    threshold: float = 0.5,
    min_silence_ms: int = 500,
    min_speech_ms: int = 0,
    pad_ms: int = 30,
) -> Iterator[Span]:
    """Speech in mono blocks of shape (n,) at 16 kHz, each span as soon as nothing later can change it.

    Silences shorter than `min_silence_ms` do not end a span, speech of `min_speech_ms` or less is dropped, and spans
    grow by `pad_ms` on both sides or meet halfway. The same spans as faster-whisper's `get_speech_timestamps` finds in
    the whole array.
    """
    rules = _Rules(
        threshold=threshold,
        min_silence=min_silence_ms * SAMPLES_A_MS,
        min_speech=min_speech_ms * SAMPLES_A_MS,
        pad=pad_ms * SAMPLES_A_MS,
    )
    tracker = _Tracker(rules)
    windows = _Windows(blocks)
    for probability in _probabilities(windows):
        yield from tracker.step(probability)
    yield from tracker.finish(windows.samples)


@dataclass(frozen=True, slots=True)
class _Rules:
    """Lengths in samples."""

    threshold: float
    min_silence: int
    min_speech: int
    pad: int

    @property
    def silence_below(self) -> float:
        return max(self.threshold - HYSTERESIS, LOWEST_THRESHOLD)


class _Windows:
    """Cuts blocks of any size into batches of whole windows; the last one is filled up with silence."""

    def __init__(self, blocks: Iterable[NDArray[np.float32]]) -> None:
        self._blocks = blocks
        self.samples = 0

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        rest = np.empty(0, np.float32)
        for block in self._blocks:
            self.samples += block.shape[0]
            rest = np.concatenate([rest, block])
            whole = rest.shape[0] // WINDOW * WINDOW
            for start in range(0, whole, BATCH_WINDOWS * WINDOW):
                yield rest[start : min(whole, start + BATCH_WINDOWS * WINDOW)].reshape(-1, WINDOW)
            rest = rest[whole:].copy()
        if rest.shape[0]:
            yield np.pad(rest, (0, WINDOW - rest.shape[0])).reshape(1, WINDOW)


def _probabilities(batches: Iterable[NDArray[np.float32]]) -> Iterator[float]:
    """One probability of speech for each window, the model's memory carried from batch to batch."""
    h = c = np.zeros(STATE_SHAPE, np.float32)
    context = np.zeros((1, CONTEXT), np.float32)
    for batch in batches:
        before = np.concatenate([context, batch[:-1, -CONTEXT:]])
        inputs = {"input": np.concatenate([before, batch], axis=1), "h": h, "c": c}
        output, h, c = cast("list[NDArray[np.float32]]", _session().run(None, inputs))
        context = batch[-1:, -CONTEXT:].copy()
        yield from output.ravel().tolist()


class _Tracker:
    """Turns probabilities into spans. Positions in samples; `_pending` waits to know how far its end may be padded."""

    def __init__(self, rules: _Rules) -> None:
        self._rules = rules
        self._position = 0
        self._start: int | None = None
        self._silence_from: int | None = None
        self._pending: tuple[int, int] | None = None
        self._lead = rules.pad  # padding before the speech in progress

    def step(self, probability: float) -> Iterator[Span]:
        rules, here = self._rules, self._position
        self._position += WINDOW
        if probability >= rules.threshold:
            self._silence_from = None
            self._start = here if self._start is None else self._start
            if self._pending and here - self._start >= rules.min_speech:  # this speech is sure to stay
                yield self._meet(self._start)
        elif self._start is not None and probability < rules.silence_below:
            self._silence_from = here if self._silence_from is None else self._silence_from
            if here - self._silence_from >= rules.min_silence:
                yield from self._close(self._silence_from)
        if self._start is None and self._pending and here - self._pending[1] >= 2 * rules.pad:
            yield self._take(self._pending[1] + rules.pad)

    def finish(self, length: int) -> Iterator[Span]:
        """`length`: samples in all; nothing is padded beyond them."""
        if self._start is not None:
            yield from self._close(length)
        if self._pending:
            yield self._take(min(length, self._pending[1] + self._rules.pad))

    def _close(self, end: int) -> Iterator[Span]:
        start, self._start, self._silence_from = cast(int, self._start), None, None
        if end - start <= self._rules.min_speech:
            return
        if self._pending:
            yield self._meet(start)
        self._pending, self._lead = (max(0, start - self._lead), end), self._rules.pad

    def _meet(self, start: int) -> Span:
        """Let the span before go, now that speech at `start` follows it."""
        gap = start - cast("tuple[int, int]", self._pending)[1]
        self._lead = min(self._rules.pad, gap // 2)
        return self._take(start - gap + self._lead)

    def _take(self, end: int) -> Span:
        start, self._pending = cast("tuple[int, int]", self._pending)[0], None
        return Span(start // SAMPLES_A_MS, end // SAMPLES_A_MS)


@cache
def _session() -> InferenceSession:
    """The model, loaded once a process, on first use."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])


def model_path() -> Path:
    """Where faster-whisper keeps the model; found without importing it, for that would load its whole engine."""
    spec = find_spec("faster_whisper")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in sorted(Path(folder, "assets").glob("silero_vad_v*.onnx"), reverse=True):
            return path
    raise FileNotFoundError(
        "faster-whisper with its Silero model is not installed: pip install -r requirements/worker.txt"
    )
