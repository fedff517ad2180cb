"""Writes operations: the one door through which the lines and speakers of a finished transcript change.

`apply_change` is that door. Whoever computes a change reads the lines with the transcript locked (`lock`), so that
nothing changes between reading and writing:

    with transaction.atomic():
        transcript = history.lock(transcript)
        lines = history.lines_of(transcript)
        change = ...                                  # a pure function of transcription.editing
        history.apply_change(transcript, caller, OperationKind.ASSIGN, {}, change)
"""

from transcription.history.applying import MOST_TOLD, Applied, apply_change, lock, must_be_open
from transcription.history.rows import labels_ever, language_of, line_of, lines_of, row_of, rows_of, voice_of, voices_of

__all__ = [
    "MOST_TOLD",
    "Applied",
    "apply_change",
    "labels_ever",
    "language_of",
    "line_of",
    "lines_of",
    "lock",
    "must_be_open",
    "row_of",
    "rows_of",
    "voice_of",
    "voices_of",
]
