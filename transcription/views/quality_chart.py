"""Word error rates over time as a drawing: places of points, computed here, so that the page needs no script."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from transcription.models import Evaluation

POINTS = 200
MAX_SERIES = 8
WIDTH, HEIGHT = 720, 240
LEFT, TOP, RIGHT, BOTTOM = 48, 12, 12, 28
# The upper end of the scale: the first of these that holds every point.
# Each makes STEPS steps of whole percents, so that the labels say where the lines are.
SCALES = (0.04, 0.08, 0.12, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.6, 2.0)
STEPS = 4


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Series:
    """One model with one dialect. `number` from 1 chooses its colour and its mark."""

    number: int
    model: str
    dialect: str
    points: tuple[Point, ...]

    @property
    def line(self) -> str:
        """For `points` of an SVG polyline."""
        return " ".join(f"{point.x},{point.y}" for point in self.points)

    @property
    def mean(self) -> float:
        """Over all words of all its evaluations, so that long texts count more."""
        errors = sum(one.substitutions + one.insertions + one.deletions for one in self._rows)
        return errors / sum(one.words for one in self._rows)

    @property
    def latest(self) -> float:
        return self._rows[-1].wer

    @property
    def _rows(self) -> list[Evaluation]:
        return [point.evaluation for point in self.points]


@dataclass(frozen=True, slots=True)
class Chart:
    series: tuple[Series, ...]
    grid: tuple[tuple[int, int], ...]
    """(y, percent) of each line across."""
    since: datetime
    until: datetime
    hidden: int
    """How many further series there is no room for."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def chart(rows: Sequence[Evaluation]) -> Chart | None:
    """The drawing of some evaluations; None where there is none. The most used models come first."""
    if not rows:
        return None
    ordered = sorted(rows, key=lambda row: row.created_at)
    since, until = ordered[0].created_at, ordered[-1].created_at
    worst = max(row.wer for row in ordered)
    top = next((scale for scale in SCALES if scale >= worst), ceil(worst))
    groups: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for row in ordered:
        groups[row.model, row.dialect].append(Point(_x(row.created_at, since, until), _y(row.wer, top), row))
    chosen = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    series = [
        Series(number, model, dialect, tuple(points))
        for number, ((model, dialect), points) in enumerate(chosen[:MAX_SERIES], start=1)
    ]
    shares = [top * step / STEPS for step in range(STEPS + 1)]
    grid = tuple((_y(share, top), round(share * 100)) for share in shares)
    return Chart(tuple(series), grid, since, until, max(0, len(chosen) - MAX_SERIES))


def _x(moment: datetime, since: datetime, until: datetime) -> int:
    whole = (until - since).total_seconds()
    share = (moment - since).total_seconds() / whole if whole else 0.5
    return round(LEFT + 8 + share * (WIDTH - LEFT - RIGHT - 16))


def _y(rate: float, top: float) -> int:
    return round(HEIGHT - BOTTOM - rate / top * (HEIGHT - TOP - BOTTOM))
