"""Diarization error rate: how much speaking time is missed, invented or given to the wrong person.

DER = (missed + false alarm + confusion) / speaking time of the reference, every speaker counted, after the one-to-one
mapping of speakers that agrees longest. A collar around each edge of the reference is left out, as people place edges
differently. Definition: NIST, "The 2009 (RT-09) Rich Transcription Meeting Recognition Evaluation Plan", section 6.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transcription.asr.types import Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

COLLAR_MS = 250


@dataclass(frozen=True, slots=True)
class SpeakerErrors:
    """Milliseconds of speaking time."""

    total_ms: int
    missed_ms: int
    false_alarm_ms: int
    confused_ms: int

    @property
    def rate(self) -> float:
        """Raises ValueError where nobody speaks in the reference."""
        if not self.total_ms:
            raise ValueError("nobody speaks in the reference")
        return (self.missed_ms + self.false_alarm_ms + self.confused_ms) / self.total_ms


def speaker_errors(
    reference: Iterable[Turn], hypothesis: Iterable[Turn], *, collar_ms: int = COLLAR_MS
) -> SpeakerErrors:
    """`hypothesis` against `reference`. `collar_ms` is left out on both sides of each edge of the reference."""
    said = list(reference)
    pieces = list(_pieces(said, list(hypothesis), collar_ms))
    names = best_mapping(_together(pieces))
    total = missed = invented = confused = 0
    for length, true, found in pieces:
        right = sum(1 for speaker in found if names.get(speaker) in true)
        total += length * len(true)
        missed += length * max(0, len(true) - len(found))
        invented += length * max(0, len(found) - len(true))
        confused += length * (min(len(true), len(found)) - right)
    return SpeakerErrors(total, missed, invented, confused)


Piece = tuple[int, frozenset[str], frozenset[str]]


def _pieces(reference: Sequence[Turn], hypothesis: Sequence[Turn], collar_ms: int) -> Iterator[Piece]:
    """(length, who speaks, who was found) between any two edges, without the collars."""
    edges = [edge for turn in reference for edge in (turn.start_ms, turn.end_ms)] if collar_ms else []
    collars = [Turn(edge - collar_ms, edge + collar_ms, "") for edge in edges]
    changes: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
    for side, turns in enumerate((reference, hypothesis, collars)):
        for turn in turns:
            changes[turn.start_ms].append((side, turn.speaker, 1))
            changes[turn.end_ms].append((side, turn.speaker, -1))
    active: tuple[dict[str, int], ...] = (defaultdict(int), defaultdict(int), defaultdict(int))
    before = 0
    for moment in sorted(changes):
        true, found, hidden = (frozenset(name for name, count in side.items() if count > 0) for side in active)
        if moment > before and not hidden and (true or found):
            yield moment - before, true, found
        for side, speaker, change in changes[moment]:
            active[side][speaker] += change
        before = moment


def _together(pieces: Iterable[Piece]) -> dict[tuple[str, str], int]:
    """Milliseconds that each (found, true) pair of speakers shares."""
    shared: dict[tuple[str, str], int] = defaultdict(int)
    for length, true, found in pieces:
        for speaker in found:
            for person in true:
                shared[speaker, person] += length
    return shared


def best_mapping(shared: dict[tuple[str, str], int]) -> dict[str, str]:
    """Found speaker -> true speaker, one to one, such that the time shared is longest.

    The Hungarian method by shortest augmenting paths (Jonker and Volgenant 1987), cubic in the number of speakers.
    """
    rows, columns = sorted({found for found, _ in shared}), sorted({true for _, true in shared})
    size = max(len(rows), len(columns))
    cost = [[0] * size for _ in range(size)]
    for (found, true), length in shared.items():
        cost[rows.index(found)][columns.index(true)] = -length
    matched = _assign(cost)
    pairs = ((rows[row], columns[column]) for column, row in enumerate(matched) if _inside(row, rows, column, columns))
    return {found: true for found, true in pairs if shared.get((found, true))}


def _inside(row: int, rows: Sequence[str], column: int, columns: Sequence[str]) -> bool:
    return row < len(rows) and column < len(columns)


def _assign(cost: Sequence[Sequence[int]]) -> list[int]:
    """The row given to each column of a square matrix, with the least sum."""
    matching = _Matching(cost)
    for row in range(len(cost)):
        matching.add(row)
    return matching.owner[:-1]


class _Matching:
    """Rows are added one by one; each takes the cheapest path through columns that are taken to one that is free."""

    def __init__(self, cost: Sequence[Sequence[int]]) -> None:
        self._cost = cost
        self._free = len(cost)  # also the index of a column beside the matrix, where every path begins
        self._row_price, self._column_price = [0] * (self._free + 1), [0] * (self._free + 1)
        self.owner = [self._free] * (self._free + 1)

    def add(self, row: int) -> None:
        self.owner[self._free] = row
        column = self._free
        distance = [float("inf")] * (self._free + 1)
        came_from, done = [self._free] * (self._free + 1), [False] * (self._free + 1)
        while self.owner[column] != self._free:
            done[column] = True
            column = self._nearest(column, distance, came_from, done)
        while column != self._free:
            self.owner[column], column = self.owner[came_from[column]], came_from[column]
        self.owner[self._free] = self._free

    def _nearest(self, column: int, distance: list[float], came_from: list[int], done: list[bool]) -> int:
        """The next column of the path; prices rise by what it costs to get there."""
        row = self.owner[column]
        for other in range(self._free):
            price = self._cost[row][other] - self._row_price[row] - self._column_price[other]
            if not done[other] and price < distance[other]:
                distance[other], came_from[other] = price, column
        nearest = min((other for other in range(self._free) if not done[other]), key=lambda other: distance[other])
        gap = int(distance[nearest])
        for other in range(self._free + 1):
            if done[other]:
                self._row_price[self.owner[other]] += gap
                self._column_price[other] -= gap
            else:
                distance[other] -= gap
        return nearest


def read_rttm(text: str) -> list[Turn]:
    """The turns of an RTTM file (NIST RT-09 appendix A): its SPEAKER lines. Raises ValueError for a broken one."""
    turns = []
    for line in text.splitlines():
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        try:
            _type, _file, _channel, start, length, _words, _kind, name = fields[:8]
            begins, ends = float(start), float(start) + float(length)
        except ValueError:
            raise ValueError(f"not a line of RTTM: {line}") from None
        turns.append(Turn(round(begins * 1000), round(ends * 1000), name))
    return sorted(turns, key=lambda turn: (turn.start_ms, turn.end_ms))
