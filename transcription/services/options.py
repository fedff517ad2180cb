"""A job's options, resolved once: request over project over organization over server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from config.common.errors import Invalid
from transcription.asr.engines.registry import describe
from transcription.asr.engines.whisper_models import LANGUAGES, is_english_only, translates
from transcription.asr.options import MULTI, DiarizationOptions, Options, VadOptions
from transcription.asr.text.dialects import DIALECTS, Dialect
from transcription.asr.text.dialects import LANGUAGE as DIALECT_LANGUAGE
from transcription.asr.types import EngineError
from transcription.services import engines
from transcription.services.glossaries import Words
from transcription.states import Priority, Queue

# Whisper keeps the last 224 tokens of a prompt, some 400 Arabic letters: a longer one would push the job's own out.
LONGEST_PROMPT = 400
# What a request may say besides the recognizer's own options.
SEPARATE = frozenset({"media", "priority", "max_billable_seconds", "metadata", "webhook", "glossary"})
# A hundred days: behind the end of every recording, where a number that JSON can hold may lie much farther.
LATEST_SECONDS = 8_640_000.0
# No recognizer hears more; the least important are left out.
MOST_VOCABULARY = 500


NO_WORDS = Words()


@dataclass(frozen=True, slots=True)
class Resolved:
    options: Options
    queue: Queue
    priority: Priority


def resolve(
    request: Mapping[str, Any],
    *layers: Mapping[str, Any],
    words: Words = NO_WORDS,
    dialects: Mapping[str, Dialect] = DIALECTS,
) -> Resolved:
    """`request` and `layers` (most important first) are in the API's form, seconds included. Raises Invalid.

    `words` and `dialects` are what the organization taught us; a request's own words come before them.
    """
    merged = _layered(request, *layers, {"beam_size": settings.ASR_BEAM_SIZE})
    merged = {**merged, "vocabulary": [*merged.get("vocabulary", ()), *words.terms]}
    merged = _in_dialect(merged, dialects, asked="dialect" in request)
    merged["vocabulary"] = list(dict.fromkeys(merged["vocabulary"]))[:MOST_VOCABULARY]
    engine, model = engines.choose(merged.get("engine", "auto"), merged.get("model", "auto"))
    options = Options(
        engine=engine,
        model=model,
        diarization=_diarization(merged),
        vad=_vad(merged.get("vad", {})),
        start_ms=_milliseconds(merged.get("start", 0)),
        end_ms=None if merged.get("end") is None else _milliseconds(merged["end"]),
        glossary=words.glossary,
        replacements=words.replacements,
        **_plain(merged),
    )
    _check(options)
    priority = Priority[request.get("priority", "normal").upper()]
    return Resolved(options, engines.queue_of(engine, model), priority)


def check_defaults(*layers: Mapping[str, Any]) -> None:
    """Whether a job that says nothing itself could run with these defaults. Raises Invalid."""
    resolve({}, *layers)


def speakers_alone(given: Mapping[str, Any]) -> DiarizationOptions:
    """How to tell the speakers of a finished job apart again. Raises Invalid."""
    if given.get("enabled") is False:
        raise Invalid.field("diarization.enabled", _("Speakers are told apart here; leave this out."), "contradiction")
    return _diarization({"diarization": {**given, "enabled": True}})


def _layered(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """One set of options. What a higher layer says also takes away what only made sense with the lower one's word."""
    merged: dict[str, Any] = {}
    for layer in reversed(layers):
        said = {name: value for name, value in layer.items() if name not in SEPARATE}
        if said.get("engine", "auto") != "auto":
            merged.pop("model", None)  # it is another engine's
        if (said.get("diarization") or {}).get("enabled") is not None:
            merged.pop("mode", None)  # a shorthand for the same
        merged |= said
    return merged


def _in_dialect(merged: dict[str, Any], dialects: Mapping[str, Dialect], *, asked: bool) -> dict[str, Any]:
    """With the prompt and the words of the dialect behind the job's own, where they are short enough to be heard.

    A dialect that only comes from a project's defaults gives way to a job in another language. Raises Invalid.
    """
    code, language = merged.get("dialect"), merged.get("language", "auto")
    if code is None:
        return merged
    dialect = dialects.get(code)
    if dialect is None:
        message = _("There is no dialect called “%(code)s”. Choose one of: %(names)s.")
        raise Invalid.field("dialect", message % {"code": code, "names": ", ".join(dialects)}, "unknown")
    if language not in ("auto", DIALECT_LANGUAGE):
        if not asked:
            return {**merged, "dialect": None}
        message = _("“%(code)s” is a dialect of Arabic, and `language` is “%(language)s”. Leave one of them out.")
        raise Invalid.field("dialect", message % {"code": code, "language": language}, "contradiction")
    prompt = " ".join(filter(None, (merged.get("initial_prompt", ""), dialect.prompt)))
    return {
        **merged,
        "language": DIALECT_LANGUAGE,
        "initial_prompt": prompt if len(prompt) <= LONGEST_PROMPT else merged.get("initial_prompt", ""),
        "vocabulary": list(dict.fromkeys((*merged.get("vocabulary", ()), *dialect.vocabulary))),
    }


def _plain(merged: Mapping[str, Any]) -> dict[str, Any]:
    """Options whose form is the same on the wire and inside."""
    names = ("language", "dialect", "task", "channels", "alignment", "initial_prompt", "beam_size")
    lists = ("enhance", "vocabulary", "temperature")
    return {name: merged[name] for name in names if name in merged} | {
        name: tuple(merged[name]) for name in lists if name in merged
    }


def _diarization(merged: Mapping[str, Any]) -> DiarizationOptions:
    """`mode` is shorthand for `diarization.enabled`; saying both differently is an error, not a choice."""
    given = dict(merged.get("diarization") or {})
    enabled, mode = given.pop("enabled", None), merged.get("mode")
    if mode is not None and enabled is not None and enabled != (mode == "dialogue"):
        raise Invalid.field("mode", _("`mode` and `diarization.enabled` contradict each other. Send one of them."))
    if enabled is None:
        enabled = settings.ASR_DIARIZE_BY_DEFAULT if mode is None else mode == "dialogue"
    if not any(given.get(name) for name in ("speakers", "min_speakers", "max_speakers")):
        given |= {"min_speakers": settings.ASR_MIN_SPEAKERS or None, "max_speakers": settings.ASR_MAX_SPEAKERS or None}
    options = DiarizationOptions(enabled=enabled, **given)
    low, high = options.min_speakers or 1, options.max_speakers or 100
    if low > high or (options.speakers is not None and not low <= options.speakers <= high):
        raise Invalid.field("diarization.speakers", _("The numbers of speakers contradict each other."))
    return options


def _vad(given: Mapping[str, Any]) -> VadOptions:
    return VadOptions(
        enabled=given.get("enabled", settings.ASR_VAD),
        min_silence_ms=_milliseconds(given.get("min_silence", settings.ASR_VAD_MIN_SILENCE)),
    )


def _milliseconds(seconds: float) -> int:
    return round(min(seconds, LATEST_SECONDS) * 1000)


def _check(options: Options) -> None:
    """Refuse at once what the engine can't do, instead of failing in a worker later."""
    try:
        provides = describe(options.engine, engines.known())
    except EngineError:
        raise engines.unknown(options.engine) from None
    if options.task == "translate" and not provides.translation:
        message = _("The engine %(engine)s cannot translate.") % {"engine": options.engine}
        raise Invalid.field("task", message, "translation_unsupported")
    languages = provides.languages
    if options.language == MULTI:
        _check_mixed(options, mixes=provides.mixed_languages)
    elif languages is not None and options.base_language not in languages | {"auto"}:
        message = _("The engine %(engine)s knows only: %(languages)s. Choose another engine or language.")
        names = {"engine": options.engine, "languages": ", ".join(sorted(languages))}
        raise Invalid.field("language", message % names, "language_unsupported")
    if options.engine == engines.WHISPER:
        _check_whisper(options)
    if options.end_ms is not None and options.end_ms <= options.start_ms:
        raise Invalid.field("end", _("`end` must be later than `start`."))


def _check_whisper(options: Options) -> None:
    """Its models differ in what they know. Raises Invalid."""
    if options.base_language not in LANGUAGES | {"auto", MULTI}:
        message = _("Whisper does not know the language “%(language)s”. Send a code of ISO 639, such as ar or en.")
        raise Invalid.field("language", message % {"language": options.language}, "language_unsupported")
    if is_english_only(options.model) and options.base_language not in ("auto", "en"):
        message = _("The model “%(model)s” knows English only. Choose a multilingual one.")
        raise Invalid.field("language", message % {"model": options.model}, "language_unsupported")
    if options.task == "translate" and not translates(options.model):
        message = _("The model “%(model)s” cannot translate. Choose another one, such as medium or large-v3.")
        raise Invalid.field("task", message % {"model": options.model}, "translation_unsupported")


def _check_mixed(options: Options, *, mixes: bool) -> None:
    """Raises Invalid."""
    if not mixes:
        message = _(
            "The engine %(engine)s does not say which part of a recording is in which language. "
            "Choose a multilingual Whisper model, or one language."
        )
        raise Invalid.field("language", message % {"engine": options.engine}, "language_unsupported")
    if options.engine == engines.WHISPER and is_english_only(options.model):
        message = _("The model “%(model)s” knows English only. Choose a multilingual one for mixed speech.")
        raise Invalid.field("language", message % {"model": options.model}, "language_unsupported")
