"""The doubtful places of a transcript, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Func, JSONField, Value
from django.utils.translation import gettext as _

from config.common.errors import Invalid
from transcription.editing.doubts import Doubt, doubts_of
from transcription.models import Segment, Transcript

# Only these lines' words are read. A line whose words are all certain is skipped by the database.
# Strict: else the words themselves, which are lists, would be taken apart before they are looked at.
WORDS = "strict $[*] ? (@[3] < $limit || (@[5] == true && @[3] != 1))"


@dataclass(frozen=True, slots=True)
class Queue:
    """The next doubtful place, or None at the end; how many are left from it on, and how many there are in all."""

    place: Doubt | None
    left: int
    total: int


def queue(transcript: Transcript, *, threshold: float, after: UUID | None = None, word: int | None = None) -> Queue:
    """Doubtful places in order: lines with a flag or an overlap first, then their words.

    `after`: the places behind that line; with `word`, behind that word of it. Raises Invalid for an unknown line.
    """
    found = list(_places(transcript, threshold))
    if after is None:
        return Queue(found[0] if found else None, len(found), len(found))
    behind = _behind(transcript, after, word)
    rest = [doubt for doubt in found if (doubt.position, -1 if doubt.word is None else doubt.word) > behind]
    return Queue(rest[0] if rest else None, len(rest), len(found))


def tally(transcript: Transcript, *, threshold: float) -> tuple[int, Counter[str]]:
    """How many places are doubtful, and for how many of them each reason holds."""
    found = [doubt.reasons for doubt in _places(transcript, threshold)]
    return len(found), Counter(reason for reasons in found for reason in reasons)


def _behind(transcript: Transcript, after: UUID, word: int | None) -> tuple[int, float]:
    rows = Segment.objects.filter(transcript=transcript, pk=after).values_list("position", flat=True)
    position = rows.first()
    if position is None:
        raise Invalid.field("after", _("There is no such line in this transcript."), "not_found")
    return position, float("inf") if word is None else word


def _places(transcript: Transcript, threshold: float) -> Iterator[Doubt]:
    rows = Segment.objects.filter(transcript=transcript).order_by("position")
    limit = Func(Value("limit"), Value(threshold), function="jsonb_build_object", output_field=JSONField())
    doubtful = Func("words", Value(WORDS), limit, function="jsonb_path_exists", output_field=BooleanField())
    with_words = dict(rows.filter(doubtful).values_list("pk", "words"))
    lines = rows.values_list("pk", "position", "start_ms", "end_ms", "speaker_id", "confidence", "flags")
    latest: dict[Any, int] = {}
    for pk, position, start, end, speaker, confidence, flags in lines:
        overlaps = any(who != speaker and until > start for who, until in latest.items() if who and speaker)
        latest[speaker] = max(end, latest.get(speaker, 0))
        words = with_words.get(pk, [])
        yield from doubts_of(str(pk), position, words, flags, confidence, threshold=threshold, overlaps=overlaps)
