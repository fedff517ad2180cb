"""Forced alignment: when is each word of a known English text said?

PocketSphinx's acoustic model comes in its wheel (38 MB).
"""

from __future__ import annotations

import re
from threading import Lock
from typing import TYPE_CHECKING, Any
from unicodedata import combining, normalize

from transcription.asr.align.base import Placed
from transcription.asr.align.letters import phones
from transcription.asr.text.numbers import spoken_number
from transcription.asr.types import SAMPLE_RATE, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from transcription.asr.engines.base import EngineConfig

FRAME_MS = 10
SAID = re.compile(r"\d+|[^\W\d_]+(?:'[^\W\d_]+)*")
EDGE_MARKS = "\"'“”‘’()[]{}.,;:!?…-–—"


def dictionary_keys(token: str) -> list[str]:
    """The words said for one written token: digits spelled out, hyphens opened, accents and marks removed."""
    bare = token.strip(EDGE_MARKS)
    number = spoken_number(bare)
    if number is not None:
        return number
    folded = "".join(c for c in normalize("NFKD", bare.lower().replace("’", "'")) if not combining(c))
    parts = SAID.findall(folded.replace("&", " and "))
    return [key for part in parts for key in (spoken_number(part) or [part])]


class EnglishAligner:
    """Finds word times in at most some 30 s of speech. Not thread-safe; loads in 0.2 s."""

    def __init__(self) -> None:
        from pocketsphinx import Decoder

        self._decoder: Any = Decoder(samprate=SAMPLE_RATE, lm=None, loglevel="FATAL")

    def align(self, samples: NDArray[np.float32], tokens: Sequence[str]) -> list[Span | None] | None:
        """A span per token in milliseconds from the first sample; None for a token that is not said (a dash).

        None instead of a list where text and sound do not fit each other. `samples`: mono at 16 kHz, in [-1, 1].
        """
        keys = [dictionary_keys(token) for token in tokens]
        flat = [key for group in keys for key in group]
        if not flat or not all(self._can_say(key) for key in flat):
            return None
        found = self._search(samples, flat)
        if len(found) != len(flat):
            return None
        times = iter(found)
        return [_hull([next(times) for _ in group]) for group in keys]

    def _can_say(self, key: str) -> bool:
        if self._decoder.lookup_word(key):
            return True
        sound = phones(key)
        return sound is not None and self._decoder.add_word(key, sound, True) is not False

    def _search(self, samples: NDArray[np.float32], keys: Sequence[str]) -> list[Span]:
        decoder = self._decoder
        try:
            decoder.set_align_text(" ".join(keys))
            decoder.start_utt()
            decoder.process_raw((samples.clip(-1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
            decoder.end_utt()
        except RuntimeError:  # the search found no path through the text
            return []
        said = [segment for segment in decoder.seg() or [] if segment.word[0] not in "<["]
        return [Span(segment.start_frame * FRAME_MS, (segment.end_frame + 1) * FRAME_MS) for segment in said]


class EnglishWords:
    """The same as an `Aligner`, safe to use from several threads."""

    def __init__(self, config: EngineConfig) -> None:
        """There is nothing to configure: the model is in the wheel."""
        self._aligner = EnglishAligner()
        self._lock = Lock()

    def align(self, samples: NDArray[np.float32], words: Sequence[str]) -> list[Placed] | None:
        """A time for each word, from the first sample on. None where text and sound do not fit each other."""
        with self._lock:
            found = self._aligner.align(samples, words)
        if found is None:
            return None
        placed: list[Placed] = []
        for span in found:
            edge = placed[-1].span.end_ms if placed else 0
            placed.append(Placed(span or Span(edge, edge), is_guess=span is None))
        return placed


def _hull(spans: Sequence[Span]) -> Span | None:
    return Span(spans[0].start_ms, spans[-1].end_ms) if spans else None
