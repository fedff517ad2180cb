"""What a share link shows: lines without anything that leads further."""

from __future__ import annotations

from typing import Any

from config.common.errors import NotFound
from media.services import recordings
from transcription.models import TranscriptShare
from transcription.services import pages, selectors, transcripts
from transcription.services.transcripts import Export

PAGE_LINES = 500
# SECURITY: not json, which tells ids and how the text was made.
FORMATS = ("docx", "pdf", "txt", "srt", "vtt")


def shown(share: TranscriptShare, page: str) -> dict[str, Any]:
    """The context of the page: title, player, lines, downloads."""
    transcript, recording = share.transcript, share.transcript.recording
    last = max(1, -(-transcript.segment_count // PAGE_LINES))
    number = min(max(int(page), 1), last) if page.isdecimal() else 1
    speakers = selectors.speakers_of(transcript) if share.show_speakers else []
    first = (number - 1) * PAGE_LINES
    lines = selectors.lines(transcript, first, PAGE_LINES)
    return {
        "transcript": transcript,
        "recording": recording,
        "speakers": speakers,
        "lines": pages.drawn_lines(lines, speakers, first=first),
        "number": number,
        "last": last,
        "formats": FORMATS if share.allow_download else (),
        "has_audio": recording.audio_purged_at is None,
    }


def audio(share: TranscriptShare) -> str:
    """A short-lived address. Raises Conflict. SECURITY: it names the file by its title, not as it was uploaded."""
    recording = share.transcript.recording
    return recordings.playback_url(recording, filename=recording.name)


def download(share: TranscriptShare, format: str) -> Export:
    """Raises NotFound where this may not be downloaded."""
    if not share.allow_download or format not in FORMATS:
        raise NotFound
    query = {"speakers": "1" if share.show_speakers else "0"}
    return transcripts.export_file(share.transcript, format=format, query=query)
