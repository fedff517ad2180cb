"""The values that flow through recognition. Times are integer milliseconds from the start of the recording."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from media.audio.spans import Span as Span  # noqa: PLC0414 - mypy asks for this form of a re-export

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE = 16_000


def gettext_noop(text: str) -> str:
    """Marks a sentence that users will see, for makemessages; whoever shows it translates: here is no Django."""
    return text


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    start_ms: int
    end_ms: int
    confidence: float | None = None
    speaker: str | None = None
    interpolated: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """A doubt about a segment, shown to the user: `type` is a stable code, `reason` a sentence."""

    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class Segment:
    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...] = ()
    speaker: str | None = None
    confidence: float | None = None
    language: str | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker's uninterrupted speech. Turns of different speakers may overlap."""

    start_ms: int
    end_ms: int
    speaker: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know about a result that is usable all the same."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the recording for one recognizer call.

    `samples`: mono float32 in [-1, 1] at 16 kHz, shape (n,), whose first sample is at `start_ms`.
    `speech`: where voice activity was found, in recording time; empty when detection is off or heard nothing.
    `channel`: index of the channel the samples came from, None for a mix of all.
    `script`: the words themselves, where the recording is a text file (only the fake engine reads it out).
    `file`: the sound as FLAC, for engines that take it whole; then there are no samples.
    """

    samples: NDArray[np.float32]
    start_ms: int
    end_ms: int
    speech: tuple[Span, ...] = ()
    channel: int | None = None
    script: str | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Recognition:
    """What an engine heard in one chunk. Times are in recording time, not chunk time.

    `aligned`: the languages whose words got their times from an alignment model of their own.
    """

    segments: tuple[Segment, ...]
    language: str | None = None
    language_confidence: float | None = None
    warnings: tuple[Notice, ...] = ()
    aligned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diarization:
    """Who speaks when. Speakers are "S1", "S2"... in the order they are first heard.

    `turns`: sorted by start. `embeddings`: one voice vector a speaker, unit length, only comparable between
    results of the same `model`; empty where the method makes none. `reason`: why it was this method.
    `overlaps`: where several speak at once, in order, which turns that come one at a time do not tell; None where the
    method cannot tell either.
    """

    turns: tuple[Turn, ...]
    method: str
    embeddings: dict[str, tuple[float, ...]] = field(default_factory=dict)
    model: str | None = None
    warnings: tuple[Notice, ...] = ()
    reason: str | None = None
    overlaps: tuple[Span, ...] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The finished transcript of a job, before anybody edits it."""

    segments: tuple[Segment, ...]
    language: str | None
    language_confidence: float | None
    duration_ms: int
    speakers: tuple[str, ...] = ()
    warnings: tuple[Notice, ...] = ()
    metrics: dict[str, float | int | None] = field(default_factory=dict)
    provenance: dict[str, object] = field(default_factory=dict)


class Context(Protocol):
    """What a running step offers to an engine: progress, a way to be stopped, and a place to remember things.

    Engines call `progress` at least every 30 s of audio, so that a cancel gets a turn.
    """

    def progress(self, done_ms: int) -> None:
        """Report audio done so far, in milliseconds. Raises `Stopped` when the step should end now."""

    def load_checkpoint(self) -> dict[str, object] | None:
        """What `save_checkpoint` stored in an earlier attempt of the same step."""

    def save_checkpoint(self, state: dict[str, object]) -> None:
        """Remember `state` (small, JSON) for the next attempt, for engines that resume (remote job ids)."""


class Stopped(Exception):
    """The step was canceled, lost its lease or is being handed back: stop at once, write nothing."""


class EngineError(Exception):
    """Recognition failed. `retryable` tells whether the same input may succeed later."""

    def __init__(self, type: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.retryable = retryable
