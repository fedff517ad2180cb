"""Asking for the times of words whose text a person has changed: a worker finds them in the recording."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import orjson
from django.utils.translation import gettext as _

from config.common import queue
from config.common.errors import Conflict
from organizations.tenancy import Caller
from transcription.asr.align import models
from transcription.configuration import model_dir
from transcription.editing.lines import Line
from transcription.history import language_of, line_of
from transcription.models import Segment, Transcript
from transcription.services import engines
from transcription.services.editing import MOST_LINES, editing, find_line
from transcription.states import Queue

REALIGN = "transcription.realign"
# Somebody waits for it, so not behind the recordings of others.
QUEUE = Queue.LIGHT


@dataclass(frozen=True, slots=True)
class Asked:
    """How many lines a worker looks at now, and the languages of lines that stay, because nobody has a model."""

    lines: int
    without_model: list[str]


def languages() -> set[str]:
    """Those in which a living worker finds words; where none is known, those of this machine."""
    workers = [worker for worker in engines.workers() if QUEUE in worker.queues]
    if not workers:
        return set(models.languages(model_dir()))
    return {language for worker in workers for language in worker.aligned}


def realign_line(*, caller: Caller, transcript: Transcript, segment_id: UUID, version: int) -> Asked:
    """Raises PermissionDenied, NotFound, StaleLine, Conflict `transcript_locked`, `alignment_unavailable`."""
    with editing(caller, transcript) as row:
        return _ask(row, [find_line(row, segment_id, version)])


def realign_edited(*, caller: Caller, transcript: Transcript) -> Asked:
    """All lines with words whose times are only guessed since somebody changed them. Raises as for one line."""
    with editing(caller, transcript) as row:
        rows = Segment.objects.filter(transcript=row, edited=True).order_by("position")
        lines = (line_of(one) for one in rows.iterator(chunk_size=200))
        guessed = [line for line in lines if any(word.interpolated for word in line.words)]
        return _ask(row, guessed[:MOST_LINES])


def _ask(transcript: Transcript, lines: Iterable[Line]) -> Asked:
    known = languages()
    able, unable = [], dict[str, None]()
    for line in lines:
        language = language_of(line, transcript)
        if language in known:
            able.append(line)
        else:
            unable[language] = None
    if unable and not able:
        message = _("This server has no model that finds the words of this language (%(languages)s) in a recording.")
        raise Conflict(message % {"languages": ", ".join(unable)}, error_type="alignment_unavailable")
    if able:
        versions = orjson.dumps({line.id: line.version for line in able}).decode()
        queue.on_commit(REALIGN, transcript.pk, versions, queue=QUEUE)
    return Asked(len(able), list(unable))
