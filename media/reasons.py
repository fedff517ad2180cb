"""Why a recording may be refused, and what is wrong with its sound, in words that name the next step."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext, gettext_noop

from media.audio.errors import REASONS as AUDIO_REASONS

REASONS: Mapping[str, str] = MappingProxyType(
    {
        **AUDIO_REASONS,
        "hash_mismatch": gettext_noop(
            "What arrived is not the file that was announced: its SHA-256 differs. Upload the file again."
        ),
        "import_refused": gettext_noop(
            "This address may not be used: it leads into a private network, or from place to place too often. Give the "
            "public address of the file itself."
        ),
        "import_not_found": gettext_noop(
            "The server has no file at this address, or asks to sign in. Check the address, or download the file and "
            "upload it here."
        ),
        "import_web_page": gettext_noop(
            "This address leads to a web page and not to a file. Give the address of the audio or video file itself."
        ),
        "import_unreachable": gettext_noop(
            "The server did not answer, or broke off, several times. Try again later, or upload the file."
        ),
        "storage_exceeded": gettext_noop(
            "The organization's storage has no room for this file. Delete recordings for good or ask an owner for room."
        ),
        "source_missing": gettext_noop("The file is no longer in storage. Upload it again."),
    }
)

QUALITY_WARNINGS: Mapping[str, str] = MappingProxyType(
    {
        "silent": gettext_noop("There is nothing but digital silence in this file."),
        "no_speech": gettext_noop("Hardly any speech was found in this file. Listen whether it is the right one."),
        "noisy": gettext_noop(
            "There is much noise behind the voices, so expect more mistakes. Record closer to the microphone next time."
        ),
        "quiet": gettext_noop("The sound is very quiet. Record closer to the microphone, or turn on loudness."),
        "clipping": gettext_noop("The sound is overdriven in places. Lower the recording level next time."),
        "dual_mono": gettext_noop("Both channels carry the same sound, so they cannot tell speakers apart."),
        "narrow_band": gettext_noop("This is of telephone quality. Expect more mistakes than in a studio recording."),
    }
)


def sentence(reason: str) -> str:
    """The reason in the reader's language; empty for no reason."""
    return gettext(REASONS[reason]) if reason in REASONS else ""
