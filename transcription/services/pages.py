"""What pages and lists read: rows of the caller's own organization, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from organizations.tenancy import Caller
from transcription.asr.serial import words_from_json
from transcription.asr.text.pieces import pieces
from transcription.models import Job, Segment, Speaker
from transcription.states import JobStatus

# Nobody needs to know an exact place behind this one.
MAX_POSITION = 1000


def queue_positions(caller: Caller) -> dict[UUID, int]:
    """Job id -> its place among the organization's queued jobs, from 1.

    SECURITY: other tenants are not counted; a place in the common queue would tell how much they transcribe.
    """
    queued = Job.objects.visible_to(caller).filter(status=JobStatus.QUEUED).order_by("-priority", "created_at")
    ids = queued.values_list("pk", flat=True)[:MAX_POSITION]
    return {job_id: place for place, job_id in enumerate(ids, start=1)}


def drawn_lines(
    lines: Sequence[Segment], speakers: Sequence[Speaker], *, first: int, block: int | None = None
) -> list[dict[str, Any]]:
    """For templates: each line with its words, its number, its speaker's name and colour, and whether they go on.

    `first`: the number of the first one, from 0. Where a `block` of so many lines begins, a voice is named anew.
    SECURITY: none has an id, as strangers with a link are shown the same.
    """
    colours: dict[UUID | None, int] = {speaker.pk: speaker.shown_colour for speaker in speakers}
    names: dict[UUID | None, str] = {speaker.pk: str(speaker) for speaker in speakers}
    return [
        {
            "segment": line,
            "pieces": tuple(pieces(line.text, words_from_json(line.words))),
            "flags": [flag for flag in line.flags if not flag.get("hidden")],
            "index": first + at,
            "speaker": names.get(line.speaker_id, ""),
            "colour": colours.get(line.speaker_id, 1),
            "continues": at % (block or len(lines)) > 0 and lines[at - 1].speaker_id == line.speaker_id,
        }
        for at, line in enumerate(lines)
    ]
