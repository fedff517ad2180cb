"""`manage.py evaluate FOLDER`: error rates of this machine's recognition on recordings with reference texts."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from django.core.management.base import BaseCommand, CommandError

from config.common.errors import ApplicationError
from transcription.asr.metrics.words import Counts, Folding
from transcription.asr.types import EngineError
from transcription.runner import engines
from transcription.runner.evaluation import (
    Alone,
    Case,
    ManifestError,
    Outcome,
    name_of,
    read_manifest,
    run,
    run_bare,
    totals,
)
from transcription.services.options import resolve

HEADER = ("File", "Engine", "Language", "Kind", "Words", "WER", "Bare WER", "CER", "DER", "Result")


class Command(BaseCommand):
    help = "Recognize the files of FOLDER/manifest.json and print word, character and speaker error rates as a table."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--engine", action="append", help="Repeat to compare engines; the default one otherwise.")
        parser.add_argument("--model", default="auto")
        parser.add_argument("--only", default="", help="Files whose name contains this.")
        parser.add_argument("--digits", action="store_true", help="Leave digits as digits; else they count as words.")
        parser.add_argument(
            "--bare",
            nargs="?",
            const="library",
            choices=get_args(Alone),
            help="Hear each file without a pipeline too, and compare: by the recognizer's library, or by our engine.",
        )
        parser.add_argument("--output", type=Path, help="Write the table here instead of to the terminal.")

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            cases = [case for case in read_manifest(given["folder"]) if given["only"] in case.path.name]
            names = given["engine"] or ["auto"]
            text = report([outcome for name in names for outcome in self._engine(name, cases, given)])
        except ManifestError as error:
            raise CommandError(str(error)) from None
        except EngineError as error:
            raise CommandError(error.message) from None
        except ApplicationError as error:
            raise CommandError(error.detail) from None
        if given["output"] is None:
            self.stdout.write(text)
        else:
            given["output"].write_text(text, encoding="utf-8")

    def _engine(self, name: str, cases: Sequence[Case], given: dict[str, Any]) -> Iterator[Outcome]:
        options = resolve({"engine": name, "model": given["model"], "language": "auto"}).options
        folding = Folding(numbers=not given["digits"])
        provides = engines.describe(options.engine)
        engines.load(options.engine, options.model)
        for case in cases:
            if provides.languages is not None and case.language.isalpha() and case.language not in provides.languages:
                message = "The engine does not know this language."
                yield Outcome(case, name_of(options), problem=("language_unsupported", message))
                continue
            self.stderr.write(case.path.name)
            outcome = run(case, options, folding)
            if given["bare"] and outcome.words:
                outcome = replace(outcome, bare=run_bare(case, options, folding, by=given["bare"]))
            yield outcome


def report(outcomes: Sequence[Outcome]) -> str:
    """Every file by every engine, then the sums by engine, kind and language, as one table in Markdown."""
    rows = [HEADER, *(_row(outcome) for outcome in outcomes), *_sums(outcomes)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(HEADER))
    return "\n".join([*lines, "", *_notes(outcomes), ""])


def _sums(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    for (engine, kind, language), total in sorted(totals(outcomes).items()):
        name = f"{total.files} file{'' if total.files == 1 else 's'}"
        rates = (_rate(total.words), _rate(total.bare), _rate(total.characters))
        yield (name, engine, language, f"all {kind}", str(total.words.total), *rates, "", "")


def _notes(outcomes: Sequence[Outcome]) -> Iterator[str]:
    if heard := [outcome for outcome in outcomes if outcome.audio_ms]:
        audio, work = sum(one.audio_ms for one in heard) / 1000, sum(one.seconds for one in heard)
        yield f"{audio:.0f} s of sound in {work:.0f} s."
    if compared := [outcome for outcome in outcomes if outcome.bare]:
        worse = [f"{one.case.path.name} ({one.engine})" for one in compared if one.is_worse_than_bare]
        yield f"Worse than the bare engine: {', '.join(worse) or 'none'} of {len(compared)}."


def _row(outcome: Outcome) -> tuple[str, ...]:
    case = outcome.case
    measured = [_rate(counts) for counts in (outcome.words, outcome.bare, outcome.characters)]
    speakers = f"{outcome.speakers.rate:.1%}" if outcome.speakers else ""
    words = str(outcome.words.total) if outcome.words else ""
    return (case.path.name, outcome.engine, case.language, case.kind, words, *measured, speakers, _what(outcome))


def _rate(counts: Counts | None) -> str:
    return f"{counts.rate:.1%}" if counts else ""


def _what(outcome: Outcome) -> str:
    """What came of it in a few words: the typed problem, or warnings."""
    if outcome.result is None:
        return outcome.problem[0] if outcome.problem else ""
    notes = [warning.type for warning in outcome.result.warnings if warning.type != "language_assumed"]
    if flags := sum(bool(segment.flags) for segment in outcome.result.segments):
        notes.append(f"{flags} flagged")
    return ", ".join(notes) or "ok"
