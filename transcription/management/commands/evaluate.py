"""`manage.py evaluate FOLDER`: error rates of this machine's recognition on recordings with reference texts."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.common.errors import ApplicationError
from transcription.asr.metrics.words import Counts, Folding
from transcription.asr.types import EngineError
from transcription.runner import engines
from transcription.runner.evaluation import Case, ManifestError, Outcome, read_manifest, run, totals
from transcription.services.options import resolve

HEADER = ("File", "Language", "Kind", "Words", "WER", "CER", "DER", "Result")


class Command(BaseCommand):
    help = "Recognize the files of FOLDER/manifest.json and print word, character and speaker error rates as a table."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--engine", action="append", help="Repeat to compare engines; the default one otherwise.")
        parser.add_argument("--model", default="auto")
        parser.add_argument("--only", default="", help="Files whose name contains this.")
        parser.add_argument("--digits", action="store_true", help="Leave digits as digits; else they count as words.")
        parser.add_argument("--output", type=Path, help="Write the table here instead of to the terminal.")

    def handle(self, *args: Any, **given: Any) -> None:
        try:
            cases = [case for case in read_manifest(given["folder"]) if given["only"] in case.path.name]
            text = "\n".join(self._engine(name, cases, given) for name in given["engine"] or ["auto"])
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

    def _engine(self, name: str, cases: Sequence[Case], given: dict[str, Any]) -> str:
        options = resolve({"engine": name, "model": given["model"], "language": "auto"}).options
        folding = Folding(numbers=not given["digits"])
        provides = engines.describe(options.engine)
        engines.load(options.engine, options.model)
        outcomes = []
        for case in cases:
            if provides.languages is not None and case.language.isalpha() and case.language not in provides.languages:
                message = "The engine does not know this language."
                outcomes.append(Outcome(case, problem=("language_unsupported", message)))
                continue
            self.stderr.write(case.path.name)
            outcomes.append(run(case, options, folding))
        return f"{options.engine} · {options.model}\n\n{report(outcomes)}"


def report(outcomes: Sequence[Outcome]) -> str:
    """Every file, then the sums by kind and language, as one table in Markdown."""
    rows = [HEADER, *(_row(outcome) for outcome in outcomes)]
    for (kind, language), (files, words, characters) in sorted(totals(outcomes).items()):
        name = f"{files} file{'' if files == 1 else 's'}"
        rows.append((name, language, f"all {kind}", str(words.total), _rate(words), _rate(characters), "", ""))
    heard = [outcome for outcome in outcomes if outcome.audio_ms]
    audio, work = sum(one.audio_ms for one in heard) / 1000, sum(one.seconds for one in heard)
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(HEADER))
    return "\n".join(lines) + (f"\n\n{audio:.0f} s of sound in {work:.0f} s.\n" if heard else "\n")


def _row(outcome: Outcome) -> tuple[str, ...]:
    case = outcome.case
    measured = [_rate(counts) for counts in (outcome.words, outcome.characters)]
    speakers = f"{outcome.speakers.rate:.1%}" if outcome.speakers else ""
    words = str(outcome.words.total) if outcome.words else ""
    return (case.path.name, case.language, case.kind, words, *measured, speakers, _what(outcome))


def _rate(counts: Counts | None) -> str:
    return f"{counts.rate:.1%}" if counts else ""


def _what(outcome: Outcome) -> str:
    """What came of it in a few words: the typed problem, or warnings."""
    if outcome.problem:
        return outcome.problem[0]
    assert outcome.result is not None  # noqa: S101 - narrows the type
    notes = [warning.type for warning in outcome.result.warnings if warning.type != "language_assumed"]
    if flags := sum(bool(segment.flags) for segment in outcome.result.segments):
        notes.append(f"{flags} flagged")
    return ", ".join(notes) or "ok"
