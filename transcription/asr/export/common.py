"""What several formats share: clock times, text direction, paragraphs."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transcription.asr.text.segment import to_cues
from transcription.asr.text.tokens import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from transcription.asr.export.model import ExportOptions, ExportTranscript
    from transcription.asr.text.segment import Cue
    from transcription.asr.types import Segment

RLE, PDF, LRM = "\u202b", "\u202c", "\u200e"

# A paragraph ends at this much silence, or at the first segment's end over this length.
_PAUSE_MS, _LONG = 3_000, 800


def clock(ms: int, decimal: str = "") -> str:
    """`ms` as HH:MM:SS, with `decimal` (the mark) also the milliseconds. Times below zero are zero."""
    seconds, rest = divmod(max(0, ms), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    tail = f"{decimal}{rest:03d}" if decimal else ""
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{tail}"


def cues(transcript: ExportTranscript, options: ExportOptions, *, labelled: bool) -> Iterator[Cue]:
    """The transcript's subtitles; `labelled` writes names into the text where the speaker changes."""
    labels = transcript.speakers if labelled and options.speakers else None
    return to_cues(transcript.segments, options.rules, labels=labels, duration_ms=transcript.duration_ms)


def directed(cue: Cue) -> list[str]:
    """The lines of a cue with the marks that make them read in the right direction.

    Most players lay every line out from left to right whatever it says, which puts the full stop of an Arabic sentence
    at its wrong end; browsers judge each line by its first letter alone, which turns a line around that begins with a
    foreign word. An embedding (RLE ... PDF) over each line is right in both, and is what subtitle editors write.
    """
    if is_right_to_left(cue.said):
        return [f"{RLE}{line}{PDF}" for line in cue.lines]
    return [f"{LRM}{line}" if first_strong(line) == "R" else line for line in cue.lines]


def paragraphs(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    """Segments that read as one paragraph: one speaker, no long silence, of bounded length. Empty ones are dropped."""
    group: list[Segment] = []
    length = 0
    for segment in segments:
        text = clean(segment.text)
        if not text:
            continue
        if group and (_begins_another(group[-1], segment) or length > _LONG):
            yield group
            group, length = [], 0
        group.append(segment)
        length += len(text)
    if group:
        yield group


def lines_or_paragraphs(transcript: ExportTranscript, options: ExportOptions) -> Iterator[list[Segment]]:
    """What txt and md print as one block each."""
    if options.paragraphs:
        yield from paragraphs(transcript.segments)
    else:
        yield from ([segment] for segment in transcript.segments if clean(segment.text))


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of a document: time and name above it, where they are wanted, else empty."""

    rtl: bool
    time: str
    name: str
    text: str


def blocks(transcript: ExportTranscript, options: ExportOptions) -> Iterator[Block]:
    """What docx and pdf lay out."""
    for group in lines_or_paragraphs(transcript, options):
        text = text_of(group)
        yield Block(
            rtl=is_right_to_left(text),
            time=clock(group[0].start_ms) if options.timestamps else "",
            name=clean(transcript.name_of(group[0].speaker)) if options.speakers else "",
            text=text,
        )


def text_of(segments: Iterable[Segment]) -> str:
    return " ".join(clean(segment.text) for segment in segments)


def first_strong(text: str) -> str:
    """L or R: the side of the first letter that has one; empty where none has."""
    return next(filter(None, map(_side, text)), "")


def _begins_another(before: Segment, after: Segment) -> bool:
    return after.speaker != before.speaker or after.start_ms - before.end_ms > _PAUSE_MS


def is_right_to_left(text: str) -> bool:
    """Begins in a right-to-left script, or is mostly in one ("OK" before an Arabic sentence)."""
    if text.isascii():
        return False
    strong = [side for side in map(_side, text) if side]
    return bool(strong) and (strong[0] == "R" or strong.count("R") * 2 > len(strong))


def _side(character: str) -> str:
    """L or R for a letter that has a direction of its own (Unicode bidi classes L; R and AL), else empty."""
    kind = unicodedata.bidirectional(character)
    return "R" if kind in ("R", "AL") else kind if kind == "L" else ""
