"""`manage.py transcribe FILE`: a transcript in the terminal, with no database, broker or account."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.common.errors import ApplicationError
from media.audio.errors import MediaError
from transcription.asr.export import FORMATS, TEXT_FORMATS, ExportTranscript, export_bytes
from transcription.asr.types import EngineError
from transcription.models.transcripts import shown_name
from transcription.runner.local import recognize
from transcription.services.options import resolve

BAR_WIDTH = 30


class Command(BaseCommand):
    help = "Transcribe one audio or video file and print the text, with the engine and model of this machine."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=sorted(FORMATS), default="txt")
        parser.add_argument("--output", type=Path, help="Write here instead of to the terminal.")
        parser.add_argument("--language", default="auto", help="For example en, ar; auto by default.")
        parser.add_argument("--engine", default="auto")
        parser.add_argument("--model", default="auto")
        parser.add_argument("--no-speakers", action="store_true", help="Do not tell speakers apart.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["output"] is None and options["format"] not in TEXT_FORMATS:
            raise CommandError(f"A terminal cannot show {options['format']}. Say where to write it: --output FILE.")
        try:
            self._transcribe(options)
        except (MediaError, EngineError) as error:
            raise CommandError(error.message) from None
        except ApplicationError as error:
            raise CommandError(error.detail) from None
        except FileNotFoundError as error:
            raise CommandError(f"There is no file {error.filename}.") from None

    def _transcribe(self, given: dict[str, Any]) -> None:
        names = ("engine", "model", "language")
        request = {name: given[name] for name in names} | {"mode": "mono" if given["no_speakers"] else "dialogue"}
        options = resolve(request).options
        bar = Bar(sys.stderr)
        result = recognize(given["file"], options, bar, on_chunk=lambda chunk, whole: bar.start(chunk.start_ms, whole))
        bar.finish()
        source = ExportTranscript(
            title=given["file"].stem,
            language=result.language,
            duration_ms=result.duration_ms,
            segments=result.segments,
            speakers={label: shown_name("", label) for label in result.speakers},
        )
        for warning in result.warnings:
            self.stderr.write(self.style.WARNING(warning.message))
        self._write(given["output"], b"".join(export_bytes(source, given["format"])))

    def _write(self, output: Path | None, content: bytes) -> None:
        if output is None:
            self.stdout.write(content.decode(), ending="")
        else:
            output.write_bytes(content)


class Bar:
    """A progress bar on a terminal, nothing in a pipe. Implements `asr.types.Context`."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._offset, self._total = 0, 1
        self._began = time.monotonic()

    def start(self, offset_ms: int, total_ms: int) -> None:
        self._offset, self._total = offset_ms, max(1, total_ms)
        self.progress(0)

    def progress(self, done_ms: int) -> None:
        if not self._stream.isatty():
            return
        share = min(1.0, (self._offset + done_ms) / self._total)
        filled = round(share * BAR_WIDTH)
        elapsed = time.monotonic() - self._began
        self._stream.write(f"\r[{'█' * filled}{'░' * (BAR_WIDTH - filled)}] {share:4.0%}  {elapsed:.0f} s ")
        self._stream.flush()

    def finish(self) -> None:
        self.start(self._total, self._total)
        if self._stream.isatty():
            self._stream.write("\n")

    def load_checkpoint(self) -> dict[str, object] | None:
        return None

    def save_checkpoint(self, state: dict[str, object]) -> None:
        """Nothing to come back to: the command runs once."""
