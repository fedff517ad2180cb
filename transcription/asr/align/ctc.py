"""CTC forced alignment: when is each label of a known sequence said?

The most probable path through the labels with optional blanks between them: the trellis and
transitions of Graves et al., "Connectionist Temporal Classification" (ICML 2006), section 4.1, with the maximum in
the place of their sum (Viterbi).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Path:
    """For each label its first frame and the frame after its last; `score`: mean log probability of those frames."""

    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    score: float


def best_path(log_probabilities: NDArray[np.float32], labels: Sequence[int], *, blank: int) -> Path | None:
    """`log_probabilities`: shape (frames, labels). None where the frames are too few to say all labels.

    Linear in frames, each of them one vector operation over the labels.
    """
    frames = len(log_probabilities)
    if not labels or frames == 0:
        return None
    wanted = np.full(2 * len(labels) + 1, blank)
    wanted[1::2] = labels
    emitted = log_probabilities[:, wanted]
    steps = _steps(emitted, _may_skip_blank(wanted))
    if steps is None:
        return None
    states = _traced(*steps)
    places = 2 * np.arange(len(labels)) + 1
    said = states % 2 == 1
    score = float(emitted[np.arange(frames), states][said].mean())
    return Path(np.searchsorted(states, places, "left"), np.searchsorted(states, places, "right"), score)


def _may_skip_blank(wanted: NDArray[np.intp]) -> NDArray[np.bool_]:
    """States that may follow the one two before them: a label after another label. After itself it needs the blank."""
    skips = np.zeros(len(wanted), bool)
    skips[3::2] = wanted[3::2] != wanted[1:-2:2]
    return skips


def _steps(emitted: NDArray[np.float32], skips: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], int] | None:
    """How many states each state of each frame lies behind its best predecessor, and the best last state."""
    frames, states = emitted.shape
    every = np.arange(states)
    ways = np.full((3, states), -np.inf)
    steps = np.zeros((frames, states), np.uint8)
    scores = np.full(states, -np.inf)
    scores[:2] = emitted[0, :2]
    for frame in range(1, frames):
        ways[0] = scores
        ways[1, 1:] = scores[:-1]
        ways[2, 2:] = np.where(skips[2:], scores[:-2], -np.inf)
        best = ways.argmax(axis=0)
        steps[frame] = best
        scores = ways[best, every] + emitted[frame]
    last = states - 1 if scores[-1] > scores[-2] else states - 2
    return (steps, last) if np.isfinite(scores[last]) else None


def _traced(steps: NDArray[np.uint8], last: int) -> NDArray[np.intp]:
    states = np.empty(len(steps), np.intp)
    for frame in range(len(steps) - 1, -1, -1):
        states[frame] = last
        last -= int(steps[frame, last])
    return states
