"""SubRip: numbered cues, times to the millisecond with a comma, UTF-8."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from transcription.asr.export.common import clock, cues, directed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transcription.asr.export.model import ExportOptions, ExportTranscript

_TIMING = re.compile(r"(\d:\d.*)-->")
_WORD_JOINER = "\u2060"


def render(transcript: ExportTranscript, options: ExportOptions) -> Iterator[str]:
    """One piece a cue. The speaker's name stands in the text where the speaker changes."""
    for number, cue in enumerate(cues(transcript, options, labelled=True), start=1):
        text = "\n".join(_harmless(line) for line in directed(cue))
        yield f"{number}\n{clock(cue.start_ms, ',')} --> {clock(cue.end_ms, ',')}\n{text}\n\n"


def _harmless(line: str) -> str:
    # SubRip has no escapes: a line that looks like a time line would start a cue of its own. An invisible character
    # in the arrow keeps it text; everything else is left as it was said.
    return _TIMING.sub(rf"\1--{_WORD_JOINER}>", line)
