"""The steps of a recognition job as plain functions: files and values in, values out.

Audio is streamed; about one chunk is held at a time.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from media.audio.decode import decode, decode_channels, write_flac
from media.audio.graph import described
from media.audio.script import read_script
from media.audio.vad import speech_spans
from transcription.asr import hallucinations
from transcription.asr.attribute import attribute
from transcription.asr.chunk import DEFAULT_TARGET_MS, SAMPLES_PER_MS, cut, find_speech, samples_of
from transcription.asr.diarize import channel as by_channel
from transcription.asr.diarize import embedded as by_voice
from transcription.asr.diarize import pyannote as by_pyannote
from transcription.asr.diarize.base import choose
from transcription.asr.diarize.pyannote_models import PyannoteConfig, missing
from transcription.asr.engines.script import script_chunks, script_turns
from transcription.asr.overlaps import flag_overlaps
from transcription.asr.postprocess import join, language_of, warnings_of
from transcription.asr.replacements import Change, replaced
from transcription.asr.retime import retime
from transcription.asr.segments import mean_confidence, said_by
from transcription.asr.types import Chunk, Diarization, EngineError, Notice, Recognition, Result, Span, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from transcription.asr.align.base import Aligner
    from transcription.asr.engines.base import Engine
    from transcription.asr.options import Options
    from transcription.asr.types import Context, Segment

    Samples = NDArray[np.float32]
    Progress = Callable[[int], None]

logger = logging.getLogger(__name__)
LANGUAGE_SAMPLE_MS = 30_000
DIARIZE_CHUNK_MS = 60_000
VOICE_SILENCE_MS, VOICE_PAD_MS, VOICE_SHORTEST_MS = 150, 30, 120
MOST_CHANGES_KEPT = 1_000

DUAL_MONO = Notice(
    "dual_mono", gettext_noop("Both channels of this recording carry the same sound, so they were treated as one.")
)
NOT_SEPARATED = Notice(
    "channels_not_separated",
    gettext_noop(
        "The channels of this recording do not hold one speaker each, so speakers were told apart by their voices."
    ),
)
PYANNOTE_FAILED = Notice(
    "pyannote_failed", gettext_noop("pyannote could not tell the speakers apart, so the built-in method did.")
)
ALIGNMENT_FAILED = Notice(
    "alignment_failed",
    gettext_noop("The alignment model failed, so the times of words are the recognizer's own."),
)
NO_SPEECH = Notice("no_speech", gettext_noop("No speech was found in this recording."))


def prepare(
    path: Path, options: Options, *, chunk_ms: int = DEFAULT_TARGET_MS, on_progress: Progress | None = None
) -> Iterator[Chunk]:
    """Decode, enhance, find speech and cut: chunks of at most `chunk_ms`, each as soon as it is cut.

    With `channels="split"` all chunks of one channel, then all of the next; channels that carry the same sound are
    mixed all the same. For the fake engine a text file is cut by its words. `on_progress` gets the recording time
    reached (once per channel). Raises `media.audio.errors.MediaError`.
    """
    script = _script(path, options)
    if script is not None:
        yield from script_chunks(script, chunk_ms)
        return
    decibels = _levels(path, options) if options.channels == "split" else None
    if decibels is None or len(decibels) <= 1 or by_channel.is_dual_mono(decibels):
        yield from _chunks(path, options, None, chunk_ms, on_progress)
        return
    separated = by_channel.are_separated(decibels)
    own, others = by_channel.own_frames(decibels), by_channel.others_frames(decibels)
    for channel in range(len(decibels)):
        for chunk in _chunks(path, options, channel, chunk_ms, on_progress):
            # No word is to be heard on both sides.
            speech = by_channel.without_others(chunk.speech, own[channel], others[channel], options.start_ms)
            yield replace(chunk, speech=tuple(speech)) if separated else chunk


def prepare_whole(
    path: Path, options: Options, *, folder: Path, on_progress: Progress | None = None
) -> Iterator[Chunk]:
    """The same for engines that take a recording whole: one chunk a channel, its sound a FLAC file in `folder`."""
    parts = prepare(path, options, on_progress=on_progress)
    for channel, own in groupby(parts, key=attrgetter("channel")):
        file = folder / f"whole-{channel or 0}.flac"
        silent: list[Chunk] = []
        write_flac(file, _noting(own, silent))
        speech = tuple(span for part in silent for span in part.speech)
        yield replace(silent[0], end_ms=silent[-1].end_ms, speech=speech, file=file)


def _noting(parts: Iterable[Chunk], silent: list[Chunk]) -> Iterator[Samples]:
    """The samples of the parts one after another; the parts without them go to `silent`."""
    for part in parts:
        silent.append(replace(part, samples=np.zeros(0, np.float32)))
        yield part.samples


def _script(path: Path, options: Options) -> str | None:
    """The words of a text file that stands for a recording; only the fake engine reads it out."""
    return read_script(path) if options.engine == "fake" else None


def _chunks(
    path: Path, options: Options, channel: int | None, chunk_ms: int, on_progress: Progress | None
) -> Iterator[Chunk]:
    blocks = decode(path, start_ms=options.start_ms, end_ms=options.end_ms, channel=channel, filters=options.enhance)
    counted = _counted(blocks, options.start_ms, on_progress)
    silence_ms = options.vad.min_silence_ms

    def detect(window: Samples) -> Iterable[Span]:
        return find_speech(window, min_silence_ms=silence_ms)

    finder = detect if options.vad.enabled else None
    yield from cut(counted, finder, start_ms=options.start_ms, target_ms=chunk_ms, channel=channel)


def _counted(blocks: Iterable[Samples], start_ms: int, on_progress: Progress | None) -> Iterator[Samples]:
    done = 0
    for block in blocks:
        done += block.shape[-1]
        if on_progress:
            on_progress(start_ms + done // SAMPLES_PER_MS)
        yield block


def _levels(path: Path, options: Options, on_progress: Progress | None = None) -> Samples:
    """Levels of all channels, (channels, frames); of one channel only the shape is right: nobody needs more."""
    blocks = decode_channels(path, start_ms=options.start_ms, end_ms=options.end_ms)
    first = next(blocks, None)
    if first is None or len(first) == 1:
        return np.empty((0 if first is None else 1, 0), np.float32)
    return by_channel.levels(_counted(_chained(first, blocks), options.start_ms, on_progress))


def _chained(first: Samples, rest: Iterator[Samples]) -> Iterator[Samples]:
    yield first
    yield from rest


def language_sample(chunk: Chunk) -> Samples:
    """Up to 30 s of the chunk's speech, shape (n,); its beginning where speech was not looked for."""
    limit = LANGUAGE_SAMPLE_MS * SAMPLES_PER_MS
    parts = [samples_of(chunk, span) for span in chunk.speech]
    return np.concatenate(parts)[:limit] if parts else chunk.samples[:limit]


def detect_language(engine: Engine, sample: Samples, options: Options) -> tuple[str, float] | None:
    """(code, probability) of a language sample; None where the engine cannot tell, or the sample is empty."""
    if not len(sample):
        return None
    end = -(-len(sample) // SAMPLES_PER_MS)
    return engine.detect_language(Chunk(sample, 0, end, (Span(0, end),)), options)


def transcribe(
    chunk: Chunk,
    engine: Engine,
    options: Options,
    context: Context,
    *,
    language: tuple[str, float] | None = None,
    aligner_of: Callable[[str], Aligner | None] | None = None,
) -> Recognition:
    """What the engine hears in the chunk. `language`: what all chunks agreed on; it counts where the job said "auto".

    `aligner_of`: a language's alignment model, where there is one.

    Segments of one channel among several carry their channel as speaker, "S1" for the first. Raises `EngineError`
    and lets `Stopped` pass through.
    """
    agreed = language if options.language == "auto" else None
    heard = engine.transcribe(chunk, replace(options, language=agreed[0]) if agreed else options, context)
    if agreed:
        heard = replace(heard, language=agreed[0], language_confidence=agreed[1])
    if aligner_of is not None and options.alignment == "auto" and options.task == "transcribe" and len(chunk.samples):
        heard = _aligned(heard, chunk, aligner_of, context)
    if heard.segments:
        heard = replace(heard, segments=hallucinations.flag_silence(heard.segments, _heard_speech(chunk, options)))
    if chunk.channel is None:
        return heard
    speaker = f"S{chunk.channel + 1}"
    return replace(heard, segments=tuple(said_by(segment, speaker) for segment in heard.segments))


def _aligned(
    heard: Recognition, chunk: Chunk, aligner_of: Callable[[str], Aligner | None], context: Context
) -> Recognition:
    """With better times. A model that fails costs nothing but them."""
    try:
        done = retime(chunk, heard.segments, aligner_of, beat=lambda: context.progress(chunk.end_ms - chunk.start_ms))
    except (EngineError, RuntimeError, ValueError, OSError, MemoryError) as error:
        logger.warning("alignment_failed: %s: %s", type(error).__name__, error)
        return replace(heard, warnings=(*heard.warnings, ALIGNMENT_FAILED))
    return replace(heard, segments=done.segments, aligned=done.languages)


def _heard_speech(chunk: Chunk, options: Options) -> Sequence[Span]:
    """Where somebody speaks in the chunk; found out now where the job left it out. All of it where nobody can tell."""
    if options.vad.enabled:
        return chunk.speech
    if chunk.script is not None or not len(chunk.samples):
        return [Span(chunk.start_ms, chunk.end_ms)]
    return find_speech(chunk.samples, start_ms=chunk.start_ms)


def diarize(
    path: Path,
    options: Options,
    *,
    cache_dir: Path,
    pyannote: PyannoteConfig | None = None,
    on_progress: Progress | None = None,
) -> Diarization:
    """Who speaks when, by the job's method. `cache_dir` keeps converted weights. `on_progress` gets recording time.

    Raises EngineError `diarization_unavailable`, what the method itself raises, and `media.audio.errors.MediaError`.
    """
    script = _script(path, options)
    if script is not None:
        return script_turns(script, options.diarization.speakers or 1)
    method = options.diarization.method
    decibels = _levels(path, options) if method in {"auto", "channel"} else np.empty((1, 0), np.float32)
    separated = by_channel.are_separated(decibels)
    config = pyannote or PyannoteConfig()
    ready = method == "auto" and not separated and missing(config) is None
    chosen, reason = choose(method, channels=len(decibels), separated=separated, pyannote=ready)
    warnings: tuple[Notice, ...] = ()
    if chosen == "channel":
        speech = [_channel_speech(path, options, channel, on_progress) for channel in range(len(decibels))]
        return replace(by_channel.diarize(speech, decibels, offset_ms=options.start_ms), reason=reason)
    if chosen == "pyannote":
        try:
            return replace(_by_pyannote(path, options, config, on_progress), reason=reason)
        except EngineError as error:
            if method == "pyannote":
                raise
            logger.warning("pyannote_failed: %s: %s", error.type, error.message)
            warnings = (PYANNOTE_FAILED,)
    if method == "channel":
        warnings = (DUAL_MONO if by_channel.is_dual_mono(decibels) else NOT_SEPARATED,)
    found = by_voice.diarize(
        _voice_chunks(path, options), options.diarization, cache_dir=cache_dir, on_progress=on_progress
    )
    return replace(found, warnings=warnings, reason="pyannote_failed" if chosen == "pyannote" else reason)


def _by_pyannote(path: Path, options: Options, config: PyannoteConfig, on_progress: Progress | None) -> Diarization:
    blocks = decode(path, start_ms=options.start_ms, end_ms=options.end_ms)
    return by_pyannote.diarize(blocks, options.diarization, config, start_ms=options.start_ms, on_progress=on_progress)


def _voice_speech(blocks: Iterable[Samples], offset_ms: int = 0) -> Iterator[Span]:
    rules = {"min_silence_ms": VOICE_SILENCE_MS, "pad_ms": VOICE_PAD_MS, "min_speech_ms": VOICE_SHORTEST_MS}
    for span in speech_spans(blocks, **rules):
        yield Span(offset_ms + span.start_ms, offset_ms + span.end_ms)


def _channel_speech(path: Path, options: Options, channel: int, on_progress: Progress | None) -> list[Span]:
    blocks = decode(path, start_ms=options.start_ms, end_ms=options.end_ms, channel=channel)
    return list(_voice_speech(_counted(blocks, options.start_ms, on_progress), options.start_ms))


def _voice_chunks(path: Path, options: Options) -> Iterator[Chunk]:
    blocks = decode(path, start_ms=options.start_ms, end_ms=options.end_ms)
    return cut(blocks, lambda window: _voice_speech([window]), start_ms=options.start_ms, target_ms=DIARIZE_CHUNK_MS)


def assemble(
    recognitions: Sequence[Recognition],
    diarization: Diarization | None,
    options: Options,
    duration_ms: int,
    provenance: Mapping[str, Any],
) -> Result:
    """The transcript out of all chunks, in their order. `duration_ms`: of the whole recording."""
    language, confidence = language_of(recognitions)
    segments = hallucinations.flag_text(join(recognitions, duration_ms), language)
    segments, changes = replaced(segments, options.replacements)
    if diarization is not None and diarization.turns:
        segments = flag_overlaps(attribute(segments, diarization.turns), diarization.overlaps or ())
    warnings = [*warnings_of(recognitions), *(diarization.warnings if diarization else ())]
    return Result(
        segments=segments,
        language=language if segments else None,
        language_confidence=confidence if segments else None,
        duration_ms=duration_ms,
        speakers=tuple(dict.fromkeys(segment.speaker for segment in segments if segment.speaker)),
        warnings=tuple(warnings if segments else [*warnings, NO_SPEECH]),
        metrics=_metrics(segments),
        provenance={
            "engine": options.engine,
            "model": options.model,
            **_languages(recognitions, segments),
            **_method(diarization),
            **_glossary(options, changes),
            **_enhancement(options),
            **provenance,
        },
    )


def _enhancement(options: Options) -> dict[str, object]:
    """What was done to the sound before it was listened to."""
    return {"enhance": described(options.enhance)} if options.enhance else {}


def _metrics(segments: Sequence[Segment]) -> dict[str, float | int | None]:
    words = [word for segment in segments for word in segment.words]
    return {
        "segments": len(segments),
        "words": len(words),
        "interpolated_words": sum(word.interpolated for word in words),
        "speech_ms": sum(segment.end_ms - segment.start_ms for segment in segments),
        "confidence": mean_confidence(words),
    }


def _languages(recognitions: Sequence[Recognition], segments: Sequence[Segment]) -> dict[str, object]:
    """Which languages are mixed, where there are several, and whose words were timed by a model of their own."""
    spoken = sorted({segment.language for segment in segments if segment.language})
    aligned = sorted({language for recognition in recognitions for language in recognition.aligned})
    mixed: dict[str, object] = {"languages": spoken} if len(spoken) > 1 else {}
    return mixed | ({"alignment": "wav2vec2", "aligned_languages": aligned} if aligned else {})


def _method(diarization: Diarization | None) -> dict[str, object]:
    """Which method told the speakers apart, and why it was this one."""
    if diarization is None:
        return {}
    return {
        "diarization": diarization.method,
        "diarization_reason": diarization.reason,
        "voice_model": diarization.model,
    }


def _glossary(options: Options, changes: Sequence[Change]) -> dict[str, object]:
    """Which glossary had a say, and what it changed where: the recognizer's own words are kept here."""
    if options.glossary is None:
        return {}
    places = [[one.start_ms, one.said, one.written] for one in changes[:MOST_CHANGES_KEPT]]
    return {"glossary": {"id": options.glossary, "replaced": len(changes), "changes": places}}
