"""Where a new line goes: positions between two others, and room made where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

# Between two lines of the machine: more than thirty halvings, and exact in JavaScript for two million lines.
STEP = 2**32
# Room that a line needs on either side after room was made.
LEAST = 2**10


def between(before: int | None, after: int | None) -> int | None:
    """A position between two others (None: there is no line on that side); None where no number is left."""
    if before is None and after is None:
        return STEP
    if after is None:
        return (before or 0) + STEP
    low = before if before is not None else min(0, after - 2 * STEP)
    middle = (low + after) // 2
    return middle if low < middle < after else None


def spaced(before: int, positions: Sequence[int], bound: int | None) -> list[int] | None:
    """New positions for lines behind `before`, evenly spread below `bound`, with a free one in front of them.

    None where they do not fit with room between them: then take more lines. `bound` None: there is no end.
    """
    if bound is None:
        return [before + STEP * (number + 2) for number in range(len(positions))]
    step = (bound - before) // (len(positions) + 2)
    return None if step < LEAST else [before + step * (number + 2) for number in range(len(positions))]


def are_rising(positions: Sequence[int]) -> bool:
    return all(before < after for before, after in pairwise(positions))
