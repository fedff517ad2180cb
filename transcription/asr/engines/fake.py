"""An engine that reads out a text instead of listening: for development, benchmarks and trying the API.

It speaks a recording's own script where that is a text file, else sentences of its own, the same for the same chunk.
"""

from __future__ import annotations

import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from media.audio.script import WORD_MS
from transcription.asr.engines.base import EngineConfig, Provides
from transcription.asr.options import MULTI
from transcription.asr.segments import into_sentences, said_by, spread
from transcription.asr.text.arabic import has_arabic
from transcription.asr.types import EngineError, Recognition, Segment, Span, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transcription.asr.options import Options
    from transcription.asr.types import Chunk, Context

NAP_S = 0.5
SENTENCES = (
    "Good morning and thank you for joining.",
    "Let us go through the open points.",
    "The first draft is ready for review.",
    "We should agree on a date today.",
    "Does anybody have a question?",
    "I will send the notes this afternoon.",
    "That sounds like a good plan.",
    "Please check the figures once more.",
)


class FakeEngine:
    """Deterministic. `seconds_per_audio_second` makes it take time; `failures` makes the first calls fail."""

    name: ClassVar[str] = "fake"
    provides: ClassVar[Provides] = Provides(
        languages=None,
        word_times=True,
        confidence=True,
        translation=True,
        detects_language=True,
        mixed_languages=True,
    )

    def __init__(
        self, config: EngineConfig, *, seconds_per_audio_second: float = 0.0, failures: Sequence[EngineError] = ()
    ) -> None:
        self.config = config
        self._pace = seconds_per_audio_second
        self._failures = list(failures)

    def detect_language(self, source: Chunk, options: Options) -> tuple[str, float] | None:
        """Always English: that is what it says by itself."""
        return "en", 1.0

    def transcribe(self, source: Chunk, options: Options, context: Context) -> Recognition:
        """Reads the script, or its own sentences, evenly over the speech. Raises the failures it was made with."""
        if self._failures:
            raise self._failures.pop(0)
        self._take_time(source, context)
        told = options.language not in ("auto", MULTI)
        language, confidence = (options.language, None) if told else ("en", 1.0)
        speech = source.speech or (() if options.vad.enabled else (Span(source.start_ms, source.end_ms),))
        if not speech:
            return Recognition((), language, confidence)
        seed = source.start_ms + 1009 * (source.channel or 0)
        text = invented(sum(s.duration_ms for s in speech), seed) if source.script is None else source.script
        segments = read_out(text, speech, language=language)
        return Recognition(_mixed(segments) if options.language == MULTI else segments, language, confidence)

    def _take_time(self, source: Chunk, context: Context) -> None:
        length_ms = source.end_ms - source.start_ms
        left_s = self._pace * length_ms / 1000
        while left_s > 0:
            time.sleep(min(left_s, NAP_S))
            left_s = max(0.0, left_s - NAP_S)
            context.progress(round(length_ms - left_s / self._pace * 1000))
        context.progress(length_ms)


def invented(speech_ms: int, seed: int) -> str:
    """Sentences that take about `speech_ms` to say; the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - variety, not secrecy
    words: list[str] = []
    while len(words) * WORD_MS < speech_ms - WORD_MS:
        words += rng.choice(SENTENCES).split()
    return " ".join(words)


def read_out(text: str, speech: Sequence[Span], *, language: str, speakers: int = 0) -> tuple[Segment, ...]:
    """The text as segments, a sentence each, its words spread over the speech.

    `speakers`: that many take turns, sentence by sentence, as "S1", "S2"...; 0 gives nobody.
    """
    tokens = text.split()
    if not tokens:
        return ()
    places = zip(tokens, spread(tokens, speech), strict=True)
    words = tuple(Word(token, span.start_ms, span.end_ms, 0.99) for token, span in places)
    whole = Segment(words[0].start_ms, words[-1].end_ms, " ".join(tokens), words, confidence=0.99, language=language)
    sentences = into_sentences(whole)
    return tuple(said_by(s, f"S{i % speakers + 1}") for i, s in enumerate(sentences)) if speakers else sentences


def _mixed(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """What has Arabic letters is Arabic, the rest English."""
    return tuple(replace(one, language="ar" if has_arabic(one.text) else "en") for one in segments)
