"""The models that a job can name: where they are, what they cost in time and memory, and how well they hear."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from transcription.asr.align import models as alignment
from transcription.asr.engines.catalogue import KNOWN, Known, Measured, measured
from transcription.asr.engines.registry import describe
from transcription.asr.engines.whisper_models import REPOSITORIES, find_model, is_english_only, size_of, translates
from transcription.configuration import model_dir
from transcription.services import engines, realigning

MB = 1_000_000


def catalogue() -> list[dict[str, Any]]:
    """What can be named in a job's `model`. Reads folders and Redis: no network, no runtime."""
    offers = engines.offers()
    chosen, found = engines.default(), measured(Path(settings.ASR_MODEL_DIR))
    return [
        _row(engine, model, is_default=(engine, model) == chosen, is_present=(engine, model) in offers, found=found)
        for engine in sorted(engines.known())
        for model in _names(engine)
    ]


def tells_speakers_by() -> str:
    """The method that `auto` takes for a recording whose channels do not hold one person each."""
    return "pyannote" if engines.has_pyannote() else "embedded"


@dataclass(frozen=True, slots=True)
class WordTimes:
    """What finds the times of words in a language. `where`: its folder, or the package; `lacking`: files of it."""

    language: str
    is_here: bool
    where: str
    lacking: tuple[str, ...] = ()


def word_times() -> list[WordTimes]:
    """By language: those for which something is here or on a worker, and those of the product where nothing is."""
    folder, own = model_dir() / alignment.FOLDER, {path.name: path for path in alignment.folders(model_dir())}
    known = realigning.languages() | own.keys() | {code for code, _name in settings.LANGUAGES}
    return [_word_times(language, folder / language) for language in sorted(known)]


def _word_times(language: str, folder: Path) -> WordTimes:
    lacking = alignment.lacking(folder)
    if lacking and language == alignment.BUILT_IN and alignment.has_built_in():
        return WordTimes(language, True, "pocketsphinx")
    here = not lacking or language in realigning.languages()
    return WordTimes(language, here, str(folder), tuple(lacking) if lacking and folder.is_dir() else ())


def _names(engine: str) -> list[str]:
    if engine != engines.WHISPER:
        return [engines.only_model(engine)]
    return sorted(engines.own_names() | set(REPOSITORIES))


def _row(engine: str, model: str, *, is_default: bool, is_present: bool, found: dict[str, Measured]) -> dict[str, Any]:
    provides = describe(engine, engines.known())
    whisper = engine == engines.WHISPER
    english = whisper and is_english_only(model)
    languages = {"en"} if english else provides.languages
    folder = find_model(model, Path(settings.ASR_MODEL_DIR)) if whisper else None
    return {
        "name": model,
        "engine": engine,
        "is_default": is_default,
        "is_present": is_present or not whisper or folder is not None,
        "languages": None if languages is None else sorted(languages),
        "translation": provides.translation and (not whisper or translates(model)),
        "queue": str(engines.queue_of(engine, model)),
        **_figures(KNOWN.get(model), folder),
        "measured": asdict(found[model]) if model in found else None,
    }


def _figures(known: Known | None, folder: Path | None) -> dict[str, Any]:
    """In the API's form; None where nobody says. What lies here is weighed, the rest comes from its repository."""
    weighed = None if folder is None else round(size_of(folder) / MB)
    if known is None:
        return {
            "parameters_millions": None,
            "disk_mb": weighed,
            "gpu_memory_gb": None,
            "relative_speed": None,
            "word_errors_english": None,
            "word_errors_arabic": None,
            "sources": [],
        }
    return {
        "parameters_millions": known.parameters,
        "disk_mb": weighed or known.disk_mb,
        "gpu_memory_gb": known.memory_gb,
        "relative_speed": known.speed,
        "word_errors_english": known.error_en,
        "word_errors_arabic": known.error_ar,
        "sources": list(known.sources),
    }
