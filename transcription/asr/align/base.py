"""What an alignment model is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from transcription.asr.types import Span


@dataclass(frozen=True, slots=True)
class Placed:
    """When a word is said. `is_guess`: it has no letters that the model knows, and lies between its neighbours."""

    span: Span
    is_guess: bool = False


class Aligner(Protocol):
    """Knows one language."""

    def align(self, samples: NDArray[np.float32], words: Sequence[str]) -> list[Placed] | None:
        """A time for each word, from the first sample on. None where text and sound do not fit each other."""
