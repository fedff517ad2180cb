"""A folder of recordings with reference texts, run through the pipeline and measured, for `manage.py evaluate`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from media.audio.errors import MediaError
from transcription.asr import pipeline
from transcription.asr.engines.base import Bare, Engine
from transcription.asr.metrics.reference import decode_text, format_of, read_reference
from transcription.asr.metrics.speakers import SpeakerErrors, read_rttm, speaker_errors
from transcription.asr.metrics.words import Counts, Folding, compare
from transcription.asr.options import Options, VadOptions
from transcription.asr.types import Chunk, EngineError, Result, Segment, Turn
from transcription.runner import engines
from transcription.runner.local import Silent, recognize

WHOLE_MS = 24 * 3_600_000
Alone = Literal["library", "engine"]


class ManifestError(Exception):
    """The folder cannot be evaluated. `args[0]` is a sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Case:
    """One file of a manifest. `references`: one text, or one for each channel where `split`."""

    path: Path
    language: str
    kind: str
    references: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    speakers: int | None = None

    @property
    def split(self) -> bool:
        return len(self.references) > 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case. `engine`: with its model. `problem`: the type of the refusal, and a sentence.

    `bare`: the words that the recognizer hears alone, where that was asked for.
    """

    case: Case
    engine: str = ""
    seconds: float = 0.0
    audio_ms: int = 0
    words: Counts | None = None
    characters: Counts | None = None
    speakers: SpeakerErrors | None = None
    result: Result | None = None
    problem: tuple[str, str] | None = None
    bare: Counts | None = None

    @property
    def is_worse_than_bare(self) -> bool:
        return bool(self.words and self.bare and self.words.errors > self.bare.errors)


@dataclass(frozen=True, slots=True)
class Total:
    """The sums of some files; every word weighs the same."""

    files: int
    words: Counts
    characters: Counts
    bare: Counts | None


def read_manifest(folder: Path) -> list[Case]:
    """The files that `folder/manifest.json` names. Raises ManifestError."""
    try:
        rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return [_case(folder, row) for row in rows]
    except OSError as error:
        raise ManifestError(f"{error.filename or folder} could not be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"manifest.json is not in the form of docs/evaluation.md ({type(error).__name__}: {error})."
        raise ManifestError(message) from None


def _case(folder: Path, row: dict[str, Any]) -> Case:
    return Case(
        path=_inside(folder, row["file"]),
        language=row.get("language") or "",
        kind=row.get("kind") or "real",
        references=_references(folder, row),
        turns=tuple(read_rttm(_inside(folder, row["rttm"]).read_text(encoding="utf-8"))) if row.get("rttm") else (),
        speakers=row.get("speakers"),
    )


def _references(folder: Path, row: dict[str, Any]) -> tuple[str, ...]:
    if by_channel := row.get("reference_per_channel"):
        return tuple(map(str, by_channel))
    if text := row.get("reference"):
        return (str(text),)
    if not (name := row.get("reference_file")):
        return ()
    path = _inside(folder, name)
    return (read_reference(decode_text(path.read_bytes()), format_of(path.name) or "txt"),)


def _inside(folder: Path, name: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"{name} lies outside the folder")
    return path


def name_of(options: Options) -> str:
    return f"{options.engine} · {options.model}"


def run(case: Case, options: Options, folding: Folding) -> Outcome:
    """Recognize and measure one file with `options` (language, channels and speakers are the case's own)."""
    started = time.monotonic()
    try:
        result = recognize(case.path, _options_for(case, options), Silent())
    except (MediaError, EngineError) as error:
        kind = error.reason if isinstance(error, MediaError) else error.type
        return Outcome(case, name_of(options), time.monotonic() - started, problem=(kind, error.message))
    except FileNotFoundError:
        return Outcome(case, name_of(options), problem=("missing", "The file is not in the folder."))
    words, characters = _measured(case, result.segments, folding)
    return Outcome(
        case,
        name_of(options),
        time.monotonic() - started,
        result.duration_ms,
        words,
        characters,
        speaker_errors(case.turns, _turns(result)) if case.turns else None,
        result,
    )


def run_bare(case: Case, options: Options, folding: Folding, *, by: Alone = "library") -> Counts | None:
    """The words that are heard without a pipeline: the whole sound (of a channel) in one call.

    By our engine, or by the library as its makers mean it to be used, where the engine knows that way. None where a
    case has no reference, and for engines elsewhere. Raises MediaError or EngineError.
    """
    engine = engines.load(options.engine, options.model)
    if not case.references or engine.provides.remote:
        return None
    wanted = replace(_options_for(case, options), vad=VadOptions(enabled=False))
    segments: list[Segment] = []
    for chunk in pipeline.prepare(case.path, wanted, chunk_ms=WHOLE_MS):
        heard = Segment(chunk.start_ms, chunk.end_ms, _bare_text(engine, chunk, wanted, by))
        segments.append(replace(heard, speaker=f"S{(chunk.channel or 0) + 1}"))
    return _measured(case, segments, folding)[0]


def _bare_text(engine: Engine, chunk: Chunk, options: Options, by: Alone) -> str:
    if by == "library" and isinstance(engine, Bare):
        return engine.transcribe_bare(chunk.samples, options)
    return " ".join(segment.text for segment in engine.transcribe(chunk, options, Silent()).segments)


def _options_for(case: Case, options: Options) -> Options:
    wanted = replace(options.diarization, enabled=bool(case.turns), speakers=case.speakers if case.turns else None)
    return replace(
        options,
        language=case.language if case.language.isalpha() else "auto",
        channels="split" if case.split else "mix",
        diarization=wanted,
    )


def _measured(case: Case, segments: Sequence[Segment], folding: Folding) -> tuple[Counts | None, Counts | None]:
    """Channel by channel where the references are: a mix of two voices has no order to compare."""
    if not case.references:
        return None, None
    found = [compare(text, _said(case, segments, number), folding) for number, text in enumerate(case.references, 1)]
    words, characters = Counts(0), Counts(0)
    for one in found:
        words, characters = words + one.words, characters + one.characters
    return words, characters


def _said(case: Case, segments: Sequence[Segment], number: int) -> str:
    if not case.split:
        return " ".join(segment.text for segment in segments)
    return " ".join(segment.text for segment in segments if segment.speaker == f"S{number}")


def _turns(result: Result) -> Iterator[Turn]:
    """Who was found to speak when, by the words: silences inside a line count as silence."""
    for segment in result.segments:
        for word in segment.words:
            if speaker := word.speaker or segment.speaker:
                yield Turn(word.start_ms, word.end_ms, speaker)


def totals(outcomes: Iterable[Outcome]) -> dict[tuple[str, str, str], Total]:
    """(engine, kind, language) -> the sums of the files that have a reference."""
    found: dict[tuple[str, str, str], Total] = {}
    for outcome in outcomes:
        if outcome.words is None or outcome.characters is None:
            continue
        key = (outcome.engine, outcome.case.kind, outcome.case.language)
        found[key] = _added(found.get(key), outcome.words, outcome.characters, outcome.bare)
    return found


def _added(total: Total | None, words: Counts, characters: Counts, bare: Counts | None) -> Total:
    if total is None:
        return Total(1, words, characters, bare)
    both = total.bare + bare if total.bare and bare else None
    return Total(total.files + 1, total.words + words, total.characters + characters, both)
