"""What the ways of telling speakers apart have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from transcription.asr.types import EngineError, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from transcription.asr.options import Method

TURN_GAP_MS = 500  # a breath, not the end of a turn

Chosen = Literal["channel", "pyannote", "embedded"]
# Why "auto" took the method that it took, kept in the transcript's provenance.
Reason = Literal["asked", "channels_separated", "channels_not_separated", "pyannote_ready", "pyannote_absent"]


def choose(method: Method, *, channels: int, separated: bool, pyannote: bool) -> tuple[Chosen, Reason]:
    """The method to use for a recording with that many channels, and why.

    `separated`: the channels carry different people. `pyannote`: it is installed here and its pipeline is there. "auto"
    trusts separated channels, else listens to voices. Raises EngineError `diarization_unavailable`.
    """
    if method == "pyannote":
        return "pyannote", "asked"
    if method == "channel" and channels <= 1:
        message = (
            "The recording has one channel only, so channels cannot tell its speakers apart. Choose the method “auto”."
        )
        raise EngineError("diarization_unavailable", message)
    if method == "embedded":
        return "embedded", "asked"
    if separated:
        return "channel", "asked" if method == "channel" else "channels_separated"
    if method == "channel":
        return "embedded", "channels_not_separated"
    return ("pyannote", "pyannote_ready") if pyannote else ("embedded", "pyannote_absent")


def speaker_names(keys: Iterable[int]) -> dict[int, str]:
    """The names "S1", "S2"... for numbers that stand for speakers, in the order of first appearance."""
    return {key: f"S{number}" for number, key in enumerate(dict.fromkeys(keys), start=1)}


def joined(turns: Iterable[Turn], *, gap_ms: int) -> list[Turn]:
    """Neighbouring turns of one speaker, at most `gap_ms` apart, made one. `turns` sorted by start."""
    result: list[Turn] = []
    for turn in turns:
        last = result[-1] if result else None
        if last and last.speaker == turn.speaker and turn.start_ms - last.end_ms <= gap_ms:
            result[-1] = Turn(last.start_ms, max(last.end_ms, turn.end_ms), turn.speaker)
        else:
            result.append(turn)
    return result
