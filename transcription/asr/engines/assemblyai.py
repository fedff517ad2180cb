"""AssemblyAI's recognition over HTTP: upload, order, ask until it is done.

What was ordered is remembered before and after the order, so that a worker that dies in between finds its order again
and nobody pays twice. Fields and addresses: https://www.assemblyai.com/docs/api-reference
"""

from __future__ import annotations

import time
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar

from transcription.asr.engines.assemblyai_client import AssemblyAIClient, OrderFailed
from transcription.asr.engines.base import EngineConfig, Provides, tells_speakers
from transcription.asr.segments import into_sentences, mean_confidence
from transcription.asr.types import EngineError, Recognition, Segment, Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from transcription.asr.options import Options
    from transcription.asr.types import Chunk, Context

BASE_URL = "https://api.assemblyai.com"
# The best first; the second knows the languages that the first does not.
SPEECH_MODELS = ("universal-3-pro", "universal-2")
MAX_KEYTERMS, MAX_KEYTERM_WORDS = 200, 6
POLL_SECONDS = 3.0
NAP_SECONDS = 0.25  # how long a cancel may go unnoticed
# Failures of asking in a row that are waited out before the step is given back; each waits longer.
POLL_PATIENCE = (1.0, 2.0, 5.0, 10.0, 20.0)


class AssemblyAIEngine:
    """Keeps one HTTP client. Takes a recording as one chunk whose sound is a file (`Chunk.file`)."""

    name: ClassVar[str] = "assemblyai"
    provides: ClassVar[Provides] = Provides(
        languages=None,
        word_times=True,
        confidence=True,
        translation=False,
        detects_language=True,
        diarization=True,
        remote=True,
        hints="terms",
    )

    def __init__(self, config: EngineConfig, *, poll_seconds: float = POLL_SECONDS, patience: Any = None) -> None:
        if not config.api_key:
            message = "AssemblyAI needs a key. Set ASSEMBLYAI_API_KEY on the workers."
            raise EngineError("engine_unauthorized", message)
        self.config = config
        self._client = AssemblyAIClient(config.base_url or BASE_URL, config.api_key)
        self._poll_seconds = poll_seconds
        self._patience: Sequence[float] = POLL_PATIENCE if patience is None else patience

    def detect_language(self, source: Chunk, options: Options) -> tuple[str, float] | None:
        """None: a separate answer would be an order of its own; it tells the language with the transcript."""
        return None

    def transcribe(self, source: Chunk, options: Options, context: Context) -> Recognition:
        """Sentences with words, confidence and, where asked, speakers. Raises EngineError; `retryable` says which.

        Silence is not sent, and costs nothing.
        """
        if options.task == "translate":
            message = "AssemblyAI cannot translate here. Choose a multilingual Whisper model for it."
            raise EngineError("translation_unsupported", message)
        if options.vad.enabled and not source.speech:
            context.progress(source.end_ms - source.start_ms)
            return Recognition(())
        try:
            done = self._wait(self._order(source, options, context), context)
        except OrderFailed as failure:
            context.save_checkpoint({})  # an order that failed there is not asked for again
            if failure.is_silence:
                return Recognition(())
            raise failure.error from None
        except EngineError as error:
            if not error.retryable:
                context.save_checkpoint({})  # a retry by hand must not meet an upload or order that has expired
            raise
        context.progress(source.end_ms - source.start_ms)
        return _recognition(done, source, options)

    def _order(self, source: Chunk, options: Options, context: Context) -> str:
        """The id of our order: the one an earlier attempt made, or a new one."""
        known = context.load_checkpoint() or {}
        if order := known.get("order"):
            return str(order)
        audio = known.get("audio")
        # The earlier attempt may have died between ordering and writing the order down.
        order = self._client.order_of(str(audio)) if audio else None
        if order is None:
            audio = audio or self._upload(source, context)
            context.save_checkpoint({"audio": audio})
            order = self._client.order(_request(str(audio), options, alone=source.channel is not None))
        context.save_checkpoint({"audio": audio, "order": order})
        return order

    def _upload(self, source: Chunk, context: Context) -> str:
        if source.file is None:
            raise ValueError("a remote engine needs the sound as a file")
        return self._client.upload(source.file, lambda: context.progress(0))

    def _wait(self, order: str, context: Context) -> dict[str, Any]:
        """Ask until it is done. Raises OrderFailed, and EngineError where it cannot be reached for long."""
        failures = 0
        while True:
            try:
                state = self._client.state(order)
                failures = 0
            except EngineError as error:
                if not error.retryable or failures >= len(self._patience):
                    raise
                _sleep(self._patience[failures], context)
                failures += 1
                continue
            if state.get("status") == "completed":
                return state
            if state.get("status") == "error":
                raise OrderFailed(str(state.get("error") or ""))
            _sleep(self._poll_seconds, context)


def _sleep(seconds: float, context: Context) -> None:
    """Wait, while a cancel or a lost lease is still noticed."""
    until = time.monotonic() + seconds
    while True:
        context.progress(0)
        left = until - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(NAP_SECONDS, left))


def _request(audio: str, options: Options, *, alone: bool) -> dict[str, Any]:
    """The order. `alone`: the sound is one channel of several, whose speaker is known."""
    request: dict[str, Any] = {"audio_url": audio, "speech_models": list(SPEECH_MODELS)}
    if options.language == "auto":
        request["language_detection"] = True
    else:
        request["language_code"] = options.base_language
    terms = [term for term in options.vocabulary if len(term.split()) <= MAX_KEYTERM_WORDS]
    if terms:
        request["keyterms_prompt"] = terms[:MAX_KEYTERMS]
    if tells_speakers(AssemblyAIEngine.provides, options) and not alone:
        request |= {"speaker_labels": True, **_speaker_count(options)}
    return request


def _speaker_count(options: Options) -> dict[str, Any]:
    wanted = options.diarization
    if wanted.speakers is not None:
        return {"speakers_expected": wanted.speakers}
    limits = {"min_speakers_expected": wanted.min_speakers, "max_speakers_expected": wanted.max_speakers}
    known = {name: value for name, value in limits.items() if value is not None}
    return {"speaker_options": known} if known else {}


def _recognition(done: dict[str, Any], source: Chunk, options: Options) -> Recognition:
    language = str(done.get("language_code") or "").replace("-", "_").split("_")[0].lower() or None
    confidence = done.get("language_confidence") if options.language == "auto" else None
    try:
        segments = tuple(_segments(done, source, language))
    except (KeyError, TypeError, ValueError) as error:
        message = "AssemblyAI answered with a transcript that could not be read. Try again later."
        raise EngineError("engine_unavailable", message, retryable=True) from error
    return Recognition(segments, language, None if confidence is None else round(float(confidence), 4))


def _segments(done: dict[str, Any], source: Chunk, language: str | None) -> Iterator[Segment]:
    """A sentence each, never over a change of speaker. Speakers are "S1", "S2" in the order they are first heard."""
    names: dict[str, str] = {}
    for voice, found in groupby(done.get("words") or (), key=lambda word: word.get("speaker")):
        speaker = names.setdefault(str(voice), f"S{len(names) + 1}") if voice else None
        words = tuple(_word(word, source, speaker) for word in found if str(word["text"]).strip())
        if not words:
            continue
        text = " ".join(word.text for word in words)
        yield from into_sentences(
            Segment(words[0].start_ms, words[-1].end_ms, text, words, speaker, mean_confidence(words), language)
        )


def _word(found: dict[str, Any], source: Chunk, speaker: str | None) -> Word:
    start, end = (source.start_ms + round(float(found[edge])) for edge in ("start", "end"))
    confidence = found.get("confidence")
    known = None if confidence is None else round(float(confidence), 4)
    return Word(str(found["text"]).strip(), start, max(start, end), known, speaker)
