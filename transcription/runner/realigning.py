"""The times of words that a person changed, found in the recording and written as one more operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.db import transaction

from config.common.errors import Conflict
from media.audio.errors import MediaError
from media.storage import StorageError
from transcription import events, history
from transcription.asr import pipeline
from transcription.asr.options import Options, VadOptions
from transcription.asr.retime import PAD_MS, retime
from transcription.asr.types import EngineError, Segment, Span, Word
from transcription.editing import operations
from transcription.models import Operation, Transcript
from transcription.models.operations import OperationKind
from transcription.runner import engines
from transcription.runner.local import Silent
from transcription.runner.workspace import Workspace

if TYPE_CHECKING:
    from transcription.editing.lines import Line

logger = structlog.get_logger(__name__)


def realign(transcript_id: UUID, versions: Mapping[str, int]) -> None:
    """Lines by their ids, each at the version that was asked for: one that was changed since stays as it is.

    So does one whose text is not what is said there, and all of a text that is final.
    """
    transcript = Transcript.objects.select_related("recording", "job").filter(pk=transcript_id).first()
    if transcript is None:
        return
    try:
        words = _found(transcript, versions)
    except (MediaError, StorageError, EngineError) as error:
        logger.warning("realign_failed", transcript=str(transcript_id), error=f"{type(error).__name__}: {error}")
        words = {}
    operation = _write(transcript, versions, words)
    found = operation.payload["lines"] if operation else 0
    number = operation.number if operation else None
    events.publish_realigned(transcript, operation=number, found=found, missed=len(versions) - found)


def _found(transcript: Transcript, versions: Mapping[str, int]) -> dict[str, tuple[Word, ...]]:
    """The words of the lines with their new times; without those that were not found."""
    lines = history.lines_of(transcript)
    found: dict[str, tuple[Word, ...]] = {}
    with Workspace() as workspace:
        source = workspace.source(transcript.recording, Silent())
        options = Options.from_json(transcript.job.options)
        for index, line in enumerate(lines):
            if versions.get(line.id) == line.version and line.words:
                said = Segment(line.start_ms, line.end_ms, line.text, line.words)
                said = replace(said, language=history.language_of(line, transcript))
                if words := _words(source, options, said, _room(lines, index)):
                    found[line.id] = words
    return found


def _room(lines: Sequence[Line], index: int) -> Span:
    """Where the words of a line may be: a little around it, but not where its neighbours stand."""
    line = lines[index]
    before = lines[index - 1].end_ms if index else 0
    after = lines[index + 1].start_ms if index + 1 < len(lines) else line.end_ms + PAD_MS
    start = min(line.start_ms, max(before, line.start_ms - PAD_MS))
    return Span(start, max(line.end_ms, min(after, line.end_ms + PAD_MS)))


def _words(source: Path, options: Options, said: Segment, room: Span) -> tuple[Word, ...]:
    """Empty where the text does not fit the sound."""
    # As it was listened to, but for the channels: the line may be anybody's by now.
    heard = replace(options, start_ms=room.start_ms, end_ms=room.end_ms, channels="mix", vad=VadOptions(enabled=False))
    chunk = next(pipeline.prepare(source, heard), None)
    if chunk is None or not len(chunk.samples):
        return ()
    done = retime(chunk, [said], engines.word_aligner, beat=lambda: None)
    return done.segments[0].words if done.languages else ()


def _write(
    transcript: Transcript, versions: Mapping[str, int], words: Mapping[str, Sequence[Word]]
) -> Operation | None:
    """None where nothing came of it."""
    if not words:
        return None
    with transaction.atomic():
        try:
            row = history.lock(transcript)
        except Conflict:
            return None
        lines = [line for line in history.lines_of(row, words) if line.version == versions[line.id]]
        change = operations.realign(lines, words)
        return history.apply_change(row, None, OperationKind.REALIGN, {"lines": len(lines)}, change).operation
