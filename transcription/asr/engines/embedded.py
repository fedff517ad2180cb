"""English recognition out of Python wheels: no download, no key, no GPU.

Moonshine (tiny, English) hears the words; PocketSphinx, knowing them, finds when each was said.
"""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

from transcription.asr.chunk import find_speech, pieces, samples_of
from transcription.asr.engines.base import EngineConfig, Provides
from transcription.asr.segments import into_sentences, spread
from transcription.asr.types import EngineError, Notice, Recognition, Segment, Span, Word, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from transcription.asr.options import Options
    from transcription.asr.types import Chunk, Context

MODEL = "tiny-en"
MAX_PIECE_MS = 15_000
MIN_PIECE_MS = 100
LANGUAGE = "en"


class EmbeddedEngine:
    """One recognizer and one aligner, neither thread-safe: a lock lets one chunk in at a time."""

    name: ClassVar[str] = "embedded"
    provides: ClassVar[Provides] = Provides(
        languages=frozenset({LANGUAGE}), word_times=True, confidence=False, translation=False, detects_language=False
    )

    def __init__(self, config: EngineConfig) -> None:
        self.config = config
        self._lock = Lock()
        # Its own voice detection is off: the pieces are speech already, and it would cut words at their edges.
        self._recognizer = _load_recognizer(vad_threshold="0")
        self._aligner = _load_aligner()

    def detect_language(self, source: Chunk, options: Options) -> tuple[str, float] | None:
        """None: it hears English in everything."""
        return None

    def transcribe(self, source: Chunk, options: Options, context: Context) -> Recognition:
        """Sentences with word times, no confidence.

        Raises EngineError `language_unsupported`, `translation_unsupported`.
        """
        warnings = _check(options)
        source = source if source.speech or options.vad.enabled else _with_speech(source)
        segments: list[Segment] = []
        with self._lock:
            for piece in pieces(source, max_ms=MAX_PIECE_MS):
                context.progress(piece.start_ms - source.start_ms)
                segments.extend(self._piece(source, piece, align=options.alignment != "off"))
        context.progress(source.end_ms - source.start_ms)
        return Recognition(tuple(segments), LANGUAGE, warnings=warnings)

    def transcribe_bare(self, samples: NDArray[np.float32], options: Options) -> str:
        """By Moonshine alone, with all its settings as they come."""
        _check(options)
        return " ".join(_tokens(_load_recognizer(), samples))

    def _piece(self, source: Chunk, piece: Span, *, align: bool) -> Iterator[Segment]:
        samples = samples_of(source, piece)
        tokens = _tokens(self._recognizer, samples) if piece.duration_ms >= MIN_PIECE_MS else []
        if not tokens:
            return
        speech = [s for s in source.speech if s.start_ms < piece.end_ms and s.end_ms > piece.start_ms]
        spans = [Span(max(s.start_ms, piece.start_ms), min(s.end_ms, piece.end_ms)) for s in speech]
        found = self._aligner.align(samples, tokens) if align else None
        words = _words(tokens, found, spans or [piece], piece.start_ms)
        whole = Segment(words[0].start_ms, words[-1].end_ms, " ".join(tokens), words, language=LANGUAGE)
        yield from into_sentences(whole)


def _tokens(recognizer: Any, samples: NDArray[np.float32]) -> list[str]:
    transcript = recognizer.transcribe_without_streaming(samples.clip(-1, 1).tolist())
    return " ".join(line.text for line in transcript.lines).split()


def _with_speech(chunk: Chunk) -> Chunk:
    """Voice activity found here where the job left it out: the recognizer makes words up in silence."""
    return replace(chunk, speech=tuple(find_speech(chunk.samples, start_ms=chunk.start_ms)))


def _check(options: Options) -> tuple[Notice, ...]:
    if options.task == "translate":
        raise EngineError(
            "translation_unsupported",
            gettext_noop("The embedded engine cannot translate. Choose a Whisper model for it."),
        )
    if options.language == "auto":
        message = gettext_noop("The embedded engine knows English only, so the language was taken to be English.")
        return (Notice("language_assumed", message),)
    if options.base_language != LANGUAGE:
        message = gettext_noop("The embedded engine knows English only. Choose a Whisper model for this language.")
        raise EngineError("language_unsupported", message)
    return ()


def _words(
    tokens: Sequence[str], found: Sequence[Span | None] | None, speech: Sequence[Span], offset_ms: int
) -> tuple[Word, ...]:
    """Words in recording time; times that the aligner did not find are spread over the speech and marked."""
    guesses = spread(tokens, speech)
    aligned = [
        None if span is None else Span(offset_ms + span.start_ms, offset_ms + span.end_ms) for span in found or ()
    ]
    if not aligned:
        pairs = zip(tokens, guesses, strict=True)
        return tuple(Word(token, span.start_ms, span.end_ms, interpolated=True) for token, span in pairs)
    words: list[Word] = []
    for token, span in zip(tokens, aligned, strict=True):
        edge = words[-1].end_ms if words else speech[0].start_ms  # a lone dash is said in no time
        place = span or Span(edge, edge)
        words.append(Word(token, place.start_ms, place.end_ms, interpolated=span is None))
    return tuple(words)


def _load_recognizer(**options: str) -> Any:
    try:
        from moonshine_voice import ModelArch, Transcriber, get_model_path
    except (ImportError, OSError) as error:
        raise _missing("moonshine-voice") from error
    folder: Path = get_model_path(MODEL)
    if not folder.is_dir():
        raise _missing("moonshine-voice==0.1.0")
    return Transcriber(str(folder), ModelArch.TINY, options={"return_audio_data": "false", **options})


def _load_aligner() -> Any:
    from transcription.asr.align.english import EnglishAligner

    try:
        return EnglishAligner()
    except ImportError as error:
        raise _missing("pocketsphinx") from error


def _missing(package: str) -> EngineError:
    message = f"The embedded engine needs the package {package}. Install requirements/embedded.txt."
    return EngineError("model_missing", message)
