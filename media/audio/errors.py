"""Why a file is refused. Imports nothing heavy: the web process reads these reasons too."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def gettext_noop(text: str) -> str:
    """Mark `text` for the translation catalogue; whoever shows it translates it."""
    return text


REASONS: Mapping[str, str] = MappingProxyType(
    {
        "not_media": gettext_noop(
            "This is not an audio or video file we can read. Upload an MP3, WAV, FLAC, M4A, AAC, OGG, Opus, WebM, WMA, "
            "AIFF, AMR, MP4, MOV, MKV or AVI file."
        ),
        "no_audio_stream": gettext_noop("This video has no sound. Upload a version with an audio track."),
        "unsupported_codec": gettext_noop(
            "The sound in this file is protected or in a format we cannot decode. Convert it to MP3, M4A or WAV, "
            "then upload it again."
        ),
        "empty_audio": gettext_noop(
            "This file holds no sound at all. Check that the recording was saved, then upload it again."
        ),
        "corrupt_file": gettext_noop(
            "This file is damaged or incomplete. Export or copy it again from where it was recorded, then upload "
            "it again."
        ),
        "too_long": gettext_noop(
            "This recording is longer than your plan allows. Split it into shorter parts and upload them one by one."
        ),
        "too_large": gettext_noop(
            "This file is larger than your plan allows. Compress it, or upload only its sound, for example as MP3."
        ),
    }
)


class MediaError(Exception):
    """A file that cannot be used. `reason` is a key of `REASONS`; `message` is its sentence, untranslated."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        self.message = REASONS[reason]
        super().__init__(reason)

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"
