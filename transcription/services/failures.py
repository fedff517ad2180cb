"""Why a job failed, in the reader's language: what is stored is English, often with names and reasons in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

# By `error.type`: what the sentence says in general. docs/api.md lists the types.
MEANINGS: Final[dict[str, str | Promise]] = {
    "engine_unknown": gettext_lazy("The engine is not on this server any more."),
    "model_missing": gettext_lazy("The model is not on the worker. Ask whoever runs this server to put it there."),
    "model_broken": gettext_lazy("The files of the model cannot be loaded."),
    "model_gated": gettext_lazy("The model is given out only to those who accepted its terms."),
    "model_unreachable": gettext_lazy("The model could not be fetched from the network. Try again later."),
    "model_folder_unwritable": gettext_lazy("The worker's disk has no room for the model, or must not be written to."),
    "device_unavailable": gettext_lazy("The worker's graphics processor is not there."),
    "language_unsupported": gettext_lazy("The engine does not know this language. Choose another one."),
    "translation_unsupported": gettext_lazy("This engine or model cannot translate. Choose another one."),
    "diarization_unavailable": gettext_lazy("This method of telling speakers apart is not on this server."),
    "diarization_too_long": gettext_lazy("The recording is too long for pyannote on this server."),
    "engine_unauthorized": gettext_lazy("The recognition service does not accept the key of this server."),
    "engine_out_of_credit": gettext_lazy("The account of this server at the recognition service is empty."),
    "engine_refused": gettext_lazy("The recognition service refused the options of this job. Change them."),
    "audio_refused": gettext_lazy("The recognition service could not use the sound. Choose another engine."),
    "audio_too_large": gettext_lazy("The recording is too large for the recognition service. Choose another engine."),
    "engine_rate_limited": gettext_lazy("The recognition service takes no more requests now. Try again later."),
    "engine_unavailable": gettext_lazy("The recognition service is out of order. Try again later."),
    "engine_timeout": gettext_lazy("The recognition service did not answer in time. Try again later."),
    "engine_unreachable": gettext_lazy("The recognition service could not be reached. Try again later."),
    "engine_failed": gettext_lazy("The recognition service failed on its side. Try again later."),
    "out_of_memory": gettext_lazy("The worker ran out of memory. A smaller model may do."),
}


def in_words(error: Mapping[str, Any]) -> str:
    """The stored sentence; before it, where it cannot be translated, what its type means."""
    stored = str(error["message"])
    told = _(stored) if stored else ""
    meaning = MEANINGS.get(str(error["type"]))
    if told != stored or meaning is None or (get_language() or "en").startswith("en"):
        return told
    # English inside a sentence that runs from right to left: isolated, its full stop stays at its end.
    return f"{meaning} (\u2068{stored}\u2069)"
