"""Seconds by day as a drawing: places of bars, computed here, so that the page needs no script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 720, 220
LEFT, TOP, RIGHT, BOTTOM = 72, 12, 12, 28
STEPS = 4
GAP = 0.2
MINUTE, HOUR = 60, 3600
# Ends of the scale that divide by STEPS into round minutes or hours.
SCALES = tuple(MINUTE * number for number in (4, 8, 20, 40, 60, 120, 240)) + tuple(
    HOUR * number for number in (8, 12, 20, 40, 80, 200, 400, 800, 2000, 4000, 8000, 20_000)
)


@dataclass(frozen=True, slots=True)
class Bar:
    day: date
    seconds: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    bars: tuple[Bar, ...]
    grid: tuple[tuple[int, int], ...]
    """(y, seconds) of each line across."""
    since: date
    until: date
    total: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM

    @property
    def busiest(self) -> Bar:
        return max(self.bars, key=lambda bar: bar.seconds)

    @property
    def used_days(self) -> tuple[Bar, ...]:
        """Those with something, for the table beside the drawing."""
        return tuple(bar for bar in self.bars if bar.seconds)


def chart(seconds: Mapping[str, int], first: date, last: date) -> Chart | None:
    """`seconds` by day ("2026-11-03"), drawn from `first` to `last`; None where nothing was used."""
    if not any(seconds.values()):
        return None
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    most = max(seconds.values())
    top = next((scale for scale in SCALES if scale >= most), most)
    room = (WIDTH - LEFT - RIGHT) / len(days)
    bars = tuple(
        _bar(day, seconds.get(day.isoformat(), 0), LEFT + room * number, room, top) for number, day in enumerate(days)
    )
    grid = tuple((round(_y(top * step / STEPS, top)), top * step // STEPS) for step in range(STEPS + 1))
    return Chart(bars, grid, first, last, sum(bar.seconds for bar in bars))


def _bar(day: date, seconds: int, x: float, room: float, top: int) -> Bar:
    y = _y(seconds, top)
    if seconds:
        y = min(y, HEIGHT - BOTTOM - 1)  # the smallest use is still to be seen
    width = max(1.0, room * (1 - GAP))
    return Bar(
        day, seconds, round(x + (room - width) / 2, 2), round(y, 2), round(width, 2), round(HEIGHT - BOTTOM - y, 2)
    )


def _y(seconds: float, top: int) -> float:
    return HEIGHT - BOTTOM - seconds / top * (HEIGHT - TOP - BOTTOM)
