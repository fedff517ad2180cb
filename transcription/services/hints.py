"""What the default engine does with terms, in words for people."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from transcription.asr.engines.base import Hints
from transcription.asr.engines.registry import describe
from transcription.asr.types import EngineError
from transcription.services import engines

WORDS: dict[Hints, Promise] = {
    "none": _(
        "%(engine)s does not listen for terms. Replacements work with every engine, as they are made afterwards."
    ),
    "prompt": _(
        "%(engine)s reads terms before it listens, as many as its prompt holds: about 100 words of English, fewer in "
        "Arabic. Those with more boost come first; the boost itself is not passed on."
    ),
    "terms": _(
        "%(engine)s listens for up to 200 terms of six words at most. Those with more boost come first; the boost "
        "itself is not passed on."
    ),
}
NAMES: dict[str, str | Promise] = {
    "embedded": _("The embedded engine"),
    "faster_whisper": "Whisper",
    "assemblyai": "AssemblyAI",
}


@dataclass(frozen=True, slots=True)
class Hint:
    engine: str
    listens: bool
    text: str


def of_default_engine() -> Hint:
    """Of the engine that a job gets which names none."""
    name, _model = engines.default()
    try:
        return of_engine(name)
    except EngineError:  # set to one that this deployment has not got: doctor tells, a page must not fail for it
        return Hint(name, False, "")


def of_engine(name: str) -> Hint:
    """Raises EngineError for an unknown engine."""
    hints = describe(name, engines.known()).hints
    shown = str(NAMES.get(name, name))
    return Hint(shown, hints != "none", str(WORDS[hints]) % {"engine": shown})
