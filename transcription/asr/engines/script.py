"""Text files in place of recordings, for the fake engine: cut into chunks by their words, and who says them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.audio.script import WORD_MS, script_duration_ms
from transcription.asr.engines.fake import read_out
from transcription.asr.types import SAMPLE_RATE, Chunk, Diarization, Span, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator


def script_chunks(text: str, chunk_ms: int) -> Iterator[Chunk]:
    """Silent chunks of at most `chunk_ms`, each with its part of the text to read out."""
    import numpy as np

    words = text.split()
    step = max(1, chunk_ms // WORD_MS)
    for at in range(0, len(words), step):
        part = words[at : at + step]
        start, end = at * WORD_MS, (at + len(part)) * WORD_MS
        samples = np.zeros((end - start) * SAMPLE_RATE // 1000, np.float32)
        yield Chunk(samples, start, end, (Span(start, end),), script=" ".join(part))


def script_turns(text: str, speakers: int) -> Diarization:
    """That many voices, which take turns sentence by sentence."""
    said = read_out(text, [Span(0, script_duration_ms(text))], language="en", speakers=speakers)
    turns = tuple(Turn(sentence.start_ms, sentence.end_ms, sentence.speaker or "S1") for sentence in said)
    return Diarization(turns, "script")
