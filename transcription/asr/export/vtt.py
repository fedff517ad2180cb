"""WebVTT (W3C): cues with voice tags, text escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transcription.asr.export.common import clock, cues, directed
from transcription.asr.text.tokens import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transcription.asr.export.model import ExportOptions, ExportTranscript


def render(transcript: ExportTranscript, options: ExportOptions) -> Iterator[str]:
    """The header, then one piece a cue, each inside its speaker's voice tag."""
    yield "WEBVTT\n\n"
    for cue in cues(transcript, options, labelled=False):
        name = escape(clean(transcript.name_of(cue.speaker))) if options.speakers else ""
        text = "\n".join(escape(line) for line in directed(cue))
        voiced = f"<v {name}>{text}</v>" if name else text
        yield f"{clock(cue.start_ms, '.')} --> {clock(cue.end_ms, '.')}\n{voiced}\n\n"


def escape(text: str) -> str:
    """`text` as cue text or voice name: no tag, no reference, and so no arrow either."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
