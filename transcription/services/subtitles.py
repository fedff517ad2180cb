"""The subtitles of a stretch of a transcript, each with what a viewer would trip over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from transcription.asr.export import ExportOptions
from transcription.asr.text.display import shown_segment
from transcription.asr.text.legibility import Checked, check
from transcription.asr.text.segment import to_cues
from transcription.models import Transcript
from transcription.services import transcripts

# Lines of a stretch: a ten-hour transcript takes seconds to cut, this many take a tenth of one.
LINES, MOST_LINES = 200, 500


@dataclass(frozen=True, slots=True)
class Stretch:
    """`options` are those that the cues were made by; `next_cursor` leads to the stretch that follows."""

    cues: list[Checked]
    options: ExportOptions
    speakers: dict[str, str]
    next_cursor: str | None


def stretch(transcript: Transcript, query: Mapping[str, str], *, cursor: str = "", limit: int = LINES) -> Stretch:
    """Cues of the lines after `cursor`, by the options of the API's export. Raises Invalid.

    A stretch is cut into cues by itself: around its two ends they may differ from those of the file.
    """
    _format, options = transcripts.check("srt", query)
    page = transcripts.segment_page(transcript, cursor=cursor, limit=min(max(limit, 1), MOST_LINES))
    segments = [shown_segment(transcripts.export_segment(row), options.display) for row in page.rows]
    names = {str(pk): name for pk, name in transcripts.speaker_names(transcript).items()}
    labels = names if options.speakers else None
    cues = list(to_cues(segments, options.rules, labels=labels, duration_ms=transcript.duration_ms))
    return Stretch(check(cues, segments, options.rules), options, names, page.next_cursor)
