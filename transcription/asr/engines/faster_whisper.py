"""Whisper by CTranslate2 (faster-whisper): any converted Whisper model, on CPU or an NVIDIA GPU."""

from __future__ import annotations

import logging
from dataclasses import replace
from math import exp
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

from transcription.asr.chunk import pieces
from transcription.asr.engines import memory, whisper_models
from transcription.asr.engines.base import EngineConfig, Provides
from transcription.asr.options import MULTI
from transcription.asr.regions import main_language, regions
from transcription.asr.segments import into_sentences, mean_confidence
from transcription.asr.types import EngineError, Recognition, Segment, Span, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from transcription.asr.options import Options
    from transcription.asr.types import Chunk, Context

logger = logging.getLogger(__name__)
JOIN_GAP_MS = 2_000
PAUSE_MS = 700  # a new segment after it, where the model writes no full stops
GPU_BATCH_SIZE = 8
NO_SPEECH_PROBABILITY = 0.6  # with LOW_LOG_PROBABILITY: Whisper's own rule for windows without speech
LOW_LOG_PROBABILITY = -1.0


class FasterWhisperEngine:
    """One loaded model. A lock lets one chunk in at a time: the runtime spreads each over all its threads itself."""

    name: ClassVar[str] = "faster_whisper"
    provides: ClassVar[Provides] = Provides(
        languages=None,
        word_times=True,
        confidence=True,
        translation=True,
        detects_language=True,
        mixed_languages=True,
        hints="prompt",
    )

    def __init__(self, config: EngineConfig) -> None:
        """Load the model. Raises EngineError `model_missing`, `model_broken` or `device_unavailable`."""
        self.config = config
        self.device, self._index = _device(config.device)
        self._lock = Lock()
        self.compute_type = _compute_type(config, self.device)
        self._loaded_model: Any = self._loaded()
        self.multilingual: bool = self._model.model.is_multilingual
        self.window_ms: int = self._model.feature_extractor.chunk_length * 1000
        self.batch_size = _batch_size(config, self.device)

    @property
    def _model(self) -> Any:
        """Loaded once more where there was no room for it, not even with less: another job may have freed some."""
        if self._loaded_model is None:
            self._loaded_model = self._loaded()
        return self._loaded_model

    def _loaded(self) -> Any:
        try:
            return _load(self.config, self.device, self._index, self.compute_type)
        except (RuntimeError, MemoryError) as error:
            smaller = memory.smaller(self.compute_type)
            if not memory.ran_out(error) or smaller is None:
                raise (memory.error(self.config.model) if memory.ran_out(error) else error) from error
        self.compute_type = smaller
        try:
            return _load(self.config, self.device, self._index, smaller)
        except (RuntimeError, MemoryError) as error:
            raise (memory.error(self.config.model) if memory.ran_out(error) else error) from error

    def detect_language(self, source: Chunk, options: Options) -> tuple[str, float] | None:
        """Heard in the first window of `source`, which should begin with speech."""
        if not self.multilingual:
            return "en", 1.0
        with self._lock:
            code, probability, _ = self._model.detect_language(audio=source.samples)
        return str(code), round(float(probability), 4)

    def transcribe(self, source: Chunk, options: Options, context: Context) -> Recognition:
        """Segments with words and confidence. Raises EngineError `translation_unsupported`, `language_unsupported`."""
        if options.language == MULTI:
            return self._mixed(source, options, context)
        language = self._language(options)
        windows = self._windows(source, options)
        if not windows:
            context.progress(source.end_ms - source.start_ms)
            return Recognition((), language)
        with self._lock:
            segments, info = self._heard(source, windows, language, options, context)
        context.progress(source.end_ms - source.start_ms)
        confidence = None if language else round(float(info.language_probability), 4)
        return Recognition(segments, str(info.language), confidence)

    def transcribe_bare(self, samples: Any, options: Options) -> str:
        """By the library alone: its voice detection, and its settings as they come."""
        with self._lock:
            found, _ = self._model.transcribe(samples, language=self._language(options), vad_filter=True)
            return " ".join(segment.text.strip() for segment in found)

    def _mixed(self, source: Chunk, options: Options, context: Context) -> Recognition:
        """Each stretch of speech in its own language; stretches that follow in the same one are decoded together."""
        if not self.multilingual:
            message = f"The model “{options.model}” knows English only. Choose a multilingual one for mixed speech."
            raise EngineError("language_unsupported", message)

        def hear(samples: Any) -> tuple[str, float]:
            context.progress(0)  # large models take seconds for each
            code, probability, _ = self._model.detect_language(audio=samples)
            return str(code), float(probability)

        if not options.vad.enabled and len(source.samples):
            source = replace(source, speech=(Span(source.start_ms, source.end_ms),))
        segments: list[Segment] = []
        with self._lock:
            found = regions(source, hear, window_ms=self.window_ms, gap_ms=JOIN_GAP_MS)
            for region in found:
                segments += self._heard(source, region.windows, region.language, options, context)[0]
        context.progress(source.end_ms - source.start_ms)
        return Recognition(tuple(segments), *main_language(found))

    def _language(self, options: Options) -> str | None:
        if not self.multilingual and options.task == "translate":
            message = f"The model “{options.model}” knows English only and cannot translate. Choose a multilingual one."
            raise EngineError("translation_unsupported", message)
        if options.language == "auto":
            return None if self.multilingual else "en"
        code = options.base_language
        if code not in self._model.supported_languages:
            message = (
                f"The model “{options.model}” does not know the language “{options.language}”. Choose another one."
            )
            raise EngineError("language_unsupported", message)
        return code

    def _windows(self, source: Chunk, options: Options) -> list[Span]:
        if options.vad.enabled:
            return pieces(source, max_ms=self.window_ms, gap_ms=JOIN_GAP_MS)
        return [Span(source.start_ms, source.end_ms)] if len(source.samples) else []

    def _heard(
        self, source: Chunk, windows: Sequence[Span], language: str | None, options: Options, context: Context
    ) -> tuple[tuple[Segment, ...], Any]:
        """Memory that runs out is answered once by needing less of it, for this chunk and those to come."""
        try:
            return self._hear(source, windows, language, options, context)
        except (RuntimeError, MemoryError) as error:
            if not memory.ran_out(error):
                raise
            logger.warning("out_of_memory: %s with %s", self.config.model, self.compute_type)
        try:
            self._need_less()
            return self._hear(source, windows, language, options, context)
        except (RuntimeError, MemoryError) as error:
            raise (memory.error(self.config.model) if memory.ran_out(error) else error) from error

    def _hear(
        self, source: Chunk, windows: Sequence[Span], language: str | None, options: Options, context: Context
    ) -> tuple[tuple[Segment, ...], Any]:
        found, info = self._decode(source, windows, language, options)
        return tuple(self._segments(found, source, options, info.language, context)), info

    def _need_less(self) -> None:
        """Smaller batches, and the model again with smaller numbers where there are any."""
        self.batch_size = max(1, self.batch_size // memory.SHRINK)
        smaller = memory.smaller(self.compute_type)
        if smaller is not None:
            # The old one must be gone before the new one is loaded: there is no room for both.
            self._loaded_model = None
            self.compute_type = smaller
            self._loaded_model = _load(self.config, self.device, self._index, smaller)

    def _decode(self, source: Chunk, windows: Sequence[Span], language: str | None, options: Options) -> Any:
        settings = {
            "language": language,
            "task": options.task,
            "beam_size": options.beam_size,
            "initial_prompt": options.initial_prompt or None,
            "hotwords": ", ".join(options.vocabulary) or None,
            "condition_on_previous_text": False,
            "word_timestamps": options.alignment != "off",
            "temperature": list(options.temperature),
        }
        clips = [_seconds(window, source.start_ms) for window in windows]
        # A single window gains nothing; alone it is tried again where it went wrong, which a batch is not.
        if self.batch_size > 1 and len(windows) > 1 and options.vad.enabled:
            from faster_whisper import BatchedInferencePipeline

            # Without timestamp tokens: with them the batched decoder loses what follows the last one of a window.
            found, info = BatchedInferencePipeline(self._model).transcribe(
                source.samples,
                clip_timestamps=[{"start": start, "end": end} for start, end in clips],
                batch_size=self.batch_size,
                without_timestamps=True,
                **settings,
            )
            return filter(_is_speech, found), info
        flat = [edge for clip in clips for edge in clip]
        return self._model.transcribe(source.samples, clip_timestamps=flat, **settings)

    def _segments(
        self, found: Iterable[Any], source: Chunk, options: Options, language: str, context: Context
    ) -> Iterator[Segment]:
        spoken = "en" if options.task == "translate" else str(language)
        for segment in found:
            # Decoding happens while this is iterated: a stop raised here ends it within a window (or a batch).
            context.progress(min(round(float(segment.end) * 1000), source.end_ms - source.start_ms))
            if text := segment.text.strip():
                yield from into_sentences(_segment(segment, text, source.start_ms, spoken), pause_ms=PAUSE_MS)


def _segment(found: Any, text: str, offset_ms: int, language: str) -> Segment:
    words = tuple(
        Word(
            word.word.strip(),
            offset_ms + round(float(word.start) * 1000),
            offset_ms + round(float(word.end) * 1000),
            round(float(word.probability), 4),
        )
        for word in found.words or ()
        if word.word.strip()
    )
    start, end = (offset_ms + round(float(edge) * 1000) for edge in (found.start, found.end))
    if words:
        start, end = words[0].start_ms, max(words[-1].end_ms, words[0].start_ms)
    confidence = mean_confidence(words) if words else round(min(1.0, exp(float(found.avg_logprob))), 4)
    return Segment(start, end, text, words, confidence=confidence, language=language)


def _is_speech(found: Any) -> bool:
    """The rule that the window-by-window decoder applies itself and the batched one leaves out."""
    return not (found.no_speech_prob > NO_SPEECH_PROBABILITY and found.avg_logprob < LOW_LOG_PROBABILITY)


def _seconds(span: Span, offset_ms: int) -> tuple[float, float]:
    return (span.start_ms - offset_ms) / 1000, (span.end_ms - offset_ms) / 1000


def _device(wanted: str) -> tuple[str, int]:
    """("cpu" or "cuda", index)."""
    import ctranslate2

    name, _, index = wanted.partition(":")
    gpus = ctranslate2.get_cuda_device_count() if name != "cpu" else 0
    if name == "auto":
        return ("cuda", 0) if gpus else ("cpu", 0)
    if name == "cuda" and gpus <= int(index or 0):
        message = f"The worker has no GPU “{wanted}” that the recognizer can use. Set the device to “cpu” or “auto”."
        raise EngineError("device_unavailable", message)
    return name, int(index or 0)


def _batch_size(config: EngineConfig, device: str) -> int:
    if config.batch_size == "auto":
        return GPU_BATCH_SIZE if device == "cuda" else 1
    return max(1, config.batch_size)


def _compute_type(config: EngineConfig, device: str) -> str:
    if config.compute_type == "auto":
        return "float16" if device == "cuda" else "int8"
    return config.compute_type


def _load(config: EngineConfig, device: str, index: int, compute_type: str) -> Any:
    """Raises EngineError, and what the runtime raises when memory runs out."""
    from faster_whisper import WhisperModel

    folder = whisper_models.find_model(config.model, config.model_dir) or _fetched(config)
    try:
        return WhisperModel(
            str(folder),
            device=device,
            device_index=index,
            compute_type=compute_type,
            cpu_threads=config.cpu_threads,
            local_files_only=True,
        )
    except (OSError, ValueError, RuntimeError) as error:
        if memory.ran_out(error):
            raise
        reason = str(error).rstrip(".")
        message = f"The Whisper model “{config.model}” could not be loaded: {reason}. Check its files and the device."
        raise EngineError("model_broken", message) from error


def _fetched(config: EngineConfig) -> Path:
    """Raises EngineError."""
    is_ours = Path(config.model).is_absolute()
    if is_ours or config.model_dir is None or not config.download_allowed:
        raise whisper_models.missing(config.model, download_allowed=False)
    return whisper_models.download(config.model, config.model_dir, token=config.token)
