"""Who speaks when, by channel: a stereo call with one party on each side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from transcription.asr.diarize.base import TURN_GAP_MS, joined, speaker_names
from transcription.asr.overlaps import overlapping
from transcription.asr.types import SAMPLE_RATE, Diarization, Span, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Floats = NDArray[np.float32]

FRAME_MS = 10
FRAME = FRAME_MS * SAMPLE_RATE // 1000
SMOOTH_FRAMES = 20
GATE_DB = 6.0
SHORTEST_FRAMES = 12
ACTIVE_RANGE_DB = 35.0  # below the loud frames: speech; quieter is taken for background
FLOOR_DB = -70.0
SEPARATED_SHARE = 0.6
FEWEST_SHARE = 0.02
DUAL_MONO_DB = 1.0
# Around what is left of a span beside another one's speech, and the longest interruption that does not part it.
PAD_MS, OWN_GAP_MS = 30, 500


def levels(blocks: Iterable[Floats], on_progress: Callable[[int], None] | None = None) -> Floats:
    """Smoothed level of every 10 ms of every channel in dB, (channels, frames), out of blocks (channels, n)."""
    parts: list[Floats] = []
    rest: Floats | None = None
    done = 0
    for block in blocks:
        joint = block if rest is None else np.concatenate([rest, block], axis=1)
        whole = joint.shape[1] // FRAME * FRAME
        parts.append(_power(joint[:, :whole]))
        rest = joint[:, whole:]
        done += whole // FRAME
        if on_progress:
            on_progress(done * FRAME_MS)
    if not parts:
        return np.empty((0, 0), np.float32)
    decibels = 10 * np.log10(np.concatenate(parts, axis=1) + 1e-10)
    window = np.ones(min(SMOOTH_FRAMES, max(1, decibels.shape[1]))) / SMOOTH_FRAMES
    return np.stack([np.convolve(channel, window, "same") for channel in decibels]).astype(np.float32)


def _power(block: Floats) -> Floats:
    frames = block.reshape(block.shape[0], -1, FRAME)
    power: Floats = np.square(frames).mean(axis=2, dtype=np.float32)
    return power


def _active(decibels: Floats) -> NDArray[np.bool_]:
    return np.asarray(_audible(decibels).any(axis=0))


def _audible(decibels: Floats) -> NDArray[np.bool_]:
    """Which channels carry more than background, (channels, frames)."""
    loud = np.percentile(decibels.max(axis=0), 95) if decibels.size else FLOOR_DB
    return np.asarray(decibels > max(FLOOR_DB, loud - ACTIVE_RANGE_DB))


def are_separated(decibels: Floats) -> bool:
    """Whether the channels carry different people: mostly one is far louder than the others, and each has its times."""
    if len(decibels) <= 1 or not (active := _active(decibels)).any():
        return False
    ahead = _lead(decibels)[:, active] >= GATE_DB
    shares = ahead.mean(axis=1)
    return bool(shares.sum() >= SEPARATED_SHARE and (shares >= FEWEST_SHARE).sum() > 1)


def is_dual_mono(decibels: Floats) -> bool:
    """Whether all channels carry the same sound, at whatever level."""
    if len(decibels) <= 1 or not (active := _active(decibels)).any():
        return False
    heard = decibels[:, active]
    spread = np.ptp(heard - heard.mean(axis=1, keepdims=True), axis=0)
    return bool(np.percentile(spread, 99) < DUAL_MONO_DB)


def _lead(decibels: Floats) -> Floats:
    """By how much each channel is louder than the loudest other one, (channels, frames)."""
    others = [np.delete(decibels, channel, axis=0).max(axis=0) for channel in range(len(decibels))]
    lead: Floats = decibels - np.stack(others)
    return lead


def own_frames(decibels: Floats) -> NDArray[np.bool_]:
    """Where what a channel carries is its own and not cross-talk of a louder one, (channels, frames)."""
    # In a pause all channels are equally quiet: without the second condition it would be everybody's own.
    own: NDArray[np.bool_] = (_lead(decibels) > -GATE_DB) & _active(decibels)
    return own


def others_frames(decibels: Floats) -> NDArray[np.bool_]:
    """Where a channel carries another one's speech and could be taken for it: not its own, and not too faint."""
    others: NDArray[np.bool_] = _audible(decibels) & ~own_frames(decibels)
    for channel in others:
        for begin, end in _runs(channel):
            # Shorter than a syllable: the soft edge of a word of its own, while somebody else is louder.
            channel[begin:end] = end - begin >= SHORTEST_FRAMES
    return others


def _runs(frames: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """[first, behind the last) of each run of frames that are set."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], frames, [False]]).astype(np.int8))).reshape(-1, 2)
    return [(int(begin), int(end)) for begin, end in edges]


def diarize(speech: Sequence[Iterable[Span]], decibels: Floats, *, offset_ms: int = 0) -> Diarization:
    """One speaker a channel. `speech`: per channel what its detector heard, in recording time.

    A channel's frames more than 6 dB below another channel are cross-talk, not its own speaker.
    `offset_ms`: recording time of the first frame of `decibels`.
    """
    own = own_frames(decibels)
    found = [
        Turn(span.start_ms, span.end_ms, str(channel))
        for channel, spans in enumerate(speech)
        for span in gated(spans, own[channel], offset_ms)
    ]
    found.sort(key=lambda turn: (turn.start_ms, turn.end_ms))
    names = speaker_names(int(turn.speaker) for turn in found)
    turns = [Turn(turn.start_ms, turn.end_ms, names[int(turn.speaker)]) for turn in found]
    merged = [
        turn for name in names.values() for turn in joined((t for t in turns if t.speaker == name), gap_ms=TURN_GAP_MS)
    ]
    by_time = tuple(sorted(merged, key=lambda turn: (turn.start_ms, turn.end_ms)))
    # Of the parts before they were joined: what is said into a breath of the other one is said alone.
    return Diarization(by_time, "channel", overlaps=overlapping(found))


def gated(spans: Iterable[Span], wanted: NDArray[np.bool_], offset_ms: int = 0) -> Iterator[Span]:
    """The parts of the spans, at least 120 ms long, where the frames of `wanted` are set."""
    for span in spans:
        first = max(0, (span.start_ms - offset_ms) // FRAME_MS)
        inside = wanted[first : (span.end_ms - offset_ms) // FRAME_MS]
        for begin, end in _runs(inside):
            if end - begin >= SHORTEST_FRAMES:
                start_ms = max(span.start_ms, offset_ms + (first + begin) * FRAME_MS)
                end_ms = offset_ms + (first + end) * FRAME_MS
                # What reaches to the end of the span has its exact end: frames are coarser than that.
                yield Span(start_ms, span.end_ms if end == len(inside) else end_ms)


def without_others(
    spans: Iterable[Span], own: NDArray[np.bool_], others: NDArray[np.bool_], offset_ms: int = 0
) -> Iterator[Span]:
    """The spans without what is another channel's speech; what has no speech of its own is left out.

    Where nobody else speaks a span stays as it is: recognizers know the edges of words by the pauses around them.
    """
    for span in spans:
        parts: list[Span] = []
        for part in gated([span], ~others, offset_ms):
            if any(gated([part], own, offset_ms)):
                start, end = max(span.start_ms, part.start_ms - PAD_MS), min(span.end_ms, part.end_ms + PAD_MS)
                near = bool(parts) and start - parts[-1].end_ms <= OWN_GAP_MS
                parts.append(Span(parts.pop().start_ms if near else start, end))
        yield from parts
