"""Where lines stand: a position for each new one, and the order of times that all lines keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import UUID

from transcription.editing import places
from transcription.history.rows import insert_lines, move_lines
from transcription.models import Segment

if TYPE_CHECKING:
    from transcription.editing.lines import Line
    from transcription.models import Transcript
    from transcription.models.transcripts import SegmentQuerySet

# How many lines behind a full place are moved to make room: a few, more, at last all.
WINDOWS = (8, 64, 1024, None)


def insert(transcript: Transcript, lines: Sequence[Line]) -> tuple[list[Line], list[UUID]]:
    """Write new lines, each with a position of its own; and the ids of lines that were moved to make room for them.

    A line keeps the position it has where nobody has taken it, which is so when a deletion is taken back.
    """
    wanted = [line.position for line in lines]
    rows = Segment.objects.filter(transcript=transcript, position__in=wanted)
    taken = set(rows.values_list("position", flat=True))
    fitting = {line.position: line for line in reversed(lines) if line.position not in taken}
    insert_lines(transcript, fitting.values())
    found, moved = list(fitting.values()), list[UUID]()
    for line in lines:
        if fitting.get(line.position) is not line:
            position, pushed = _behind(transcript, line)
            found.append(replace(line, position=position))
            insert_lines(transcript, found[-1:])
            moved += pushed
    return found, moved


def in_order(transcript: Transcript, lines: Iterable[Line]) -> list[UUID]:
    """Bring lines that were just written into the order of their beginnings; the ids of all that moved for it."""
    positions = [line.position for line in lines]
    if not positions:
        return []
    rows = _around(transcript, min(positions), max(positions))
    if all(before[1] <= after[1] for before, after in pairwise(rows)):
        return []
    everything = list(_rows(transcript).values_list("position", "start_ms", "pk"))
    ordered = sorted(everything, key=lambda row: row[1])
    there = {row[2]: place[0] for row, place in zip(ordered, everything, strict=True) if row[0] != place[0]}
    move_lines(transcript, there)
    return list(there)


def _around(transcript: Transcript, first: int, last: int) -> list[tuple[int, int]]:
    """(position, start) of the lines from one position to another, and of the two beside them."""
    rows = _rows(transcript)
    before = rows.filter(position__lt=first).order_by("-position").values_list("position", "start_ms")[:1]
    inside = rows.filter(position__gte=first, position__lte=last).values_list("position", "start_ms")
    after = rows.filter(position__gt=last).values_list("position", "start_ms")[:1]
    return [*before, *inside, *after]


def _behind(transcript: Transcript, line: Line) -> tuple[int, list[UUID]]:
    """A free position behind the last line that begins before `line`, and who was moved for it."""
    rows = _rows(transcript)
    before = rows.filter(start_ms__lte=line.start_ms).order_by("-start_ms", "-position").first()
    floor = before.position if before else None
    behind = rows if floor is None else rows.filter(position__gt=floor)
    following = behind.values_list("position", flat=True).first()
    position = places.between(floor, following)
    return _with_room(transcript, floor or 0) if position is None else (position, [])


def _with_room(transcript: Transcript, floor: int) -> tuple[int, list[UUID]]:
    """Move lines behind `floor` apart; a position that became free, and who moved."""
    rows = _rows(transcript).filter(position__gt=floor)
    for window in WINDOWS:
        found = list(rows.values_list("pk", "position")[: window and window + 1])
        is_all = window is None or len(found) <= window
        bound = None if is_all else found[-1][1]
        inside = found if is_all else found[:-1]
        new = places.spaced(floor, [position for _, position in inside], bound)
        if new is not None:
            move_lines(transcript, dict(zip([pk for pk, _ in inside], new, strict=True)))
            return (floor + new[0]) // 2, [pk for pk, _ in inside]
    raise AssertionError("the last window is not bounded")


def _rows(transcript: Transcript) -> SegmentQuerySet:
    rows: SegmentQuerySet = Segment.objects.filter(transcript=transcript).order_by("position")
    return rows
