"""What a check finds, and how it is told."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warn", "fail"]
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """One line. `hint` is the next step where the status is not ok."""

    area: str
    name: str
    status: Status
    detail: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    """A group of checks. `hint` is what to do when the checks themselves cannot run."""

    name: str
    check: Callable[[], Iterable[Result]]
    hint: str


def examine(areas: Iterable[Area]) -> Iterator[Result]:
    """Run all checks, one after the other; one that cannot run is a result too and hinders no other."""
    for area in areas:
        try:
            yield from area.check()
        except Exception as error:
            logger.debug("Check %s failed", area.name, exc_info=True)
            yield Result(area.name, "connection", "fail", _in_one_line(error), area.hint)


def _in_one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__
