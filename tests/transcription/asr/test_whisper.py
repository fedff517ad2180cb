"""The CTranslate2 path with a real, small Whisper model that knows ninety words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from jiwer import wer

from tests.transcription.asr.conftest import SAMPLES, WHISPER, RecordingContext, samples, text_of
from transcription.asr import pipeline
from transcription.asr.engines import faster_whisper, whisper_models
from transcription.asr.engines.base import EngineConfig
from transcription.asr.engines.faster_whisper import FasterWhisperEngine
from transcription.asr.options import Options, VadOptions
from transcription.asr.types import EngineError, Recognition, Span, Stopped

OPTIONS = Options("faster_whisper", "whisper-espeak", temperature=(0.0,))
EXACT = [
    "en_digits.wav", "en_command.flac", "en_meeting.ogg", "en_telephone_8k.wav", "en_names_hotwords.wav",
    "en_two_speakers.flac", "en_stereo_two_channels.flac", "en_long_silences.flac", "ar_greeting.wav",
    "ar_digits.ogg", "ar_meeting.flac",
]  # fmt: skip
EXACT_BATCHED = [name for name in EXACT if name not in {"en_command.flac", "en_two_speakers.flac"}]


def hear(engine: FasterWhisperEngine, name: str, options: Options = OPTIONS, chunk_ms: int = 300_000) -> Recognition:
    parts = [
        pipeline.transcribe(chunk, engine, options, RecordingContext())
        for chunk in pipeline.prepare(SAMPLES / name, options, chunk_ms=chunk_ms)
    ]
    return replace(parts[0], segments=tuple(segment for part in parts for segment in part.segments))


@pytest.mark.parametrize("name", EXACT)
def test_hears_the_right_words_at_the_right_time(whisper: FasterWhisperEngine, name: str) -> None:
    heard = hear(whisper, name)
    reference = samples()[name]
    assert text_of(heard.segments) == reference["text"]
    assert heard.language == reference["language"]
    assert heard.language_confidence is not None
    assert heard.language_confidence > 0.9

    words = [word for segment in heard.segments for word in segment.words]
    late = [abs(w.start_ms - 1000 * r["start"]) for w, r in zip(words, reference["words"], strict=True)]
    assert sum(late) / len(late) < 250
    assert all(type(word.start_ms) is int and type(word.confidence) is float for word in words)
    assert all(0 <= word.confidence <= 1 for word in words if word.confidence is not None)


@pytest.mark.parametrize("name", EXACT_BATCHED)
def test_hears_the_same_words_batched(whisper_batched: FasterWhisperEngine, name: str) -> None:
    heard = hear(whisper_batched, name)
    assert text_of(heard.segments) == samples()[name]["text"]
    assert heard.language == samples()[name]["language"]


@pytest.mark.parametrize("name", ["silence.wav", "noise.flac"])
@pytest.mark.parametrize("vad", [True, False])
def test_no_text_where_nobody_speaks(
    whisper: FasterWhisperEngine, whisper_batched: FasterWhisperEngine, name: str, vad: bool
) -> None:
    options = replace(OPTIONS, vad=VadOptions(enabled=vad))
    assert hear(whisper, name, options).segments == ()
    assert hear(whisper_batched, name, options).segments == ()


def test_windows_are_batched_where_that_is_faster(whisper_batched: FasterWhisperEngine) -> None:
    """By itself on a GPU only, and never a window alone."""
    automatic = EngineConfig("small")
    assert [faster_whisper._batch_size(automatic, device) for device in ("cuda", "cpu")] == [8, 1]
    assert faster_whisper._batch_size(replace(automatic, batch_size=3), "cpu") == 3
    chunk = next(pipeline.prepare(SAMPLES / "en_digits.wav", OPTIONS))
    seen: list[bool] = []
    for windows in ([Span(0, 1_000)], [Span(0, 1_000), Span(1_000, 2_000)]):
        found, _ = whisper_batched._decode(chunk, windows, "en", OPTIONS)
        seen.append(isinstance(found, filter))
    assert seen == [False, True]


def test_without_voice_activity_the_whole_chunk_is_heard(whisper: FasterWhisperEngine) -> None:
    options = replace(OPTIONS, vad=VadOptions(enabled=False))
    assert text_of(hear(whisper, "en_meeting.ogg", options).segments) == samples()["en_meeting.ogg"]["text"]


@pytest.mark.parametrize("name", ["en_long_silences.flac", "en_meeting.ogg"])
def test_chunks_give_the_words_of_the_whole(whisper: FasterWhisperEngine, name: str) -> None:
    whole, cut = hear(whisper, name), hear(whisper, name, chunk_ms=6_000)
    assert text_of(cut.segments) == text_of(whole.segments)
    starts = [[w.start_ms for s in heard.segments for w in s.words] for heard in (whole, cut)]
    assert max(abs(a - b) for a, b in zip(*starts, strict=True)) < 700


def test_a_long_recording_is_mostly_right(whisper_batched: FasterWhisperEngine) -> None:
    assert wer(samples()["en_long.ogg"]["text"], text_of(hear(whisper_batched, "en_long.ogg").segments)) < 0.15


@pytest.mark.parametrize(("name", "language"), [("en_digits.wav", "en"), ("ar_greeting.wav", "ar")])
def test_detects_the_language(whisper: FasterWhisperEngine, name: str, language: str) -> None:
    chunk = next(pipeline.prepare(SAMPLES / name, OPTIONS))
    found = pipeline.detect_language(whisper, pipeline.language_sample(chunk), OPTIONS)
    assert found is not None
    assert found[0] == language
    assert found[1] > 0.9


def test_chunks_keep_the_language_they_agreed_on(whisper: FasterWhisperEngine, context: RecordingContext) -> None:
    chunk = next(pipeline.prepare(SAMPLES / "ar_digits.ogg", OPTIONS))
    heard = pipeline.transcribe(chunk, whisper, OPTIONS, context, language=("ar", 0.75))
    assert (heard.language, heard.language_confidence) == ("ar", 0.75)
    assert {segment.language for segment in heard.segments} == {"ar"}
    assert context.reports[-1] == chunk.end_ms


def test_translates_into_english(whisper: FasterWhisperEngine) -> None:
    heard = hear(whisper, "ar_meeting.flac", replace(OPTIONS, task="translate"))
    assert text_of(heard.segments) == samples()["ar_meeting.flac"]["translation"]
    assert {segment.language for segment in heard.segments} == {"en"}
    assert heard.language == "ar"


def test_refuses_to_translate_with_an_english_model(
    whisper: FasterWhisperEngine, context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper, "multilingual", False)
    chunk = next(pipeline.prepare(SAMPLES / "en_digits.wav", OPTIONS))
    with pytest.raises(EngineError, match="English only") as caught:
        whisper.transcribe(chunk, replace(OPTIONS, task="translate"), context)
    assert caught.value.type == "translation_unsupported"


def test_refuses_a_language_nobody_knows(whisper: FasterWhisperEngine, context: RecordingContext) -> None:
    chunk = next(pipeline.prepare(SAMPLES / "en_digits.wav", OPTIONS))
    with pytest.raises(EngineError) as caught:
        whisper.transcribe(chunk, replace(OPTIONS, language="tlh"), context)
    assert (caught.value.type, caught.value.retryable) == ("language_unsupported", False)


@pytest.mark.parametrize("batch", [False, True])
def test_options_reach_the_decoder(
    whisper: FasterWhisperEngine, whisper_batched: FasterWhisperEngine, batch: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = whisper_batched if batch else whisper
    seen: list[tuple[list[int], dict[str, object]]] = []
    runtime = engine._model.model

    class Recorder:
        """Stands at the wire, before the C++ runtime, and lets everything through."""

        def __getattr__(self, name: str) -> object:
            return getattr(runtime, name)

        def generate(self, encoded: object, prompts: list[list[int]], **settings: object) -> object:
            seen.append((prompts[0], settings))
            return runtime.generate(encoded, prompts, **settings)

    monkeypatch.setattr(engine._model, "model", Recorder())
    options = replace(OPTIONS, vocabulary=("budget", "invoice"), initial_prompt="team", beam_size=3, temperature=(0.0,))
    hear(engine, "en_digits.wav", options)
    prompt = engine._model.hf_tokenizer.decode(seen[0][0])
    assert "budget, invoice" in prompt
    assert "team" in prompt
    assert seen[0][1]["beam_size"] == 3


def test_a_stop_ends_recognition_between_windows(whisper: FasterWhisperEngine) -> None:
    chunk = next(pipeline.prepare(SAMPLES / "en_long.ogg", OPTIONS))
    context = RecordingContext(stop_after=2)
    with pytest.raises(Stopped):
        whisper.transcribe(chunk, OPTIONS, context)
    assert len(context.reports) == 2
    assert context.reports[0] < chunk.end_ms


def test_a_missing_model_names_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="not on this machine") as caught:
        FasterWhisperEngine(EngineConfig("small", model_dir=tmp_path, device="cpu"))
    assert caught.value.type == "model_missing"
    assert "MODEL_DIR" in caught.value.message
    assert str(tmp_path) not in caught.value.message
    with pytest.raises(EngineError, match="no Whisper model called"):
        FasterWhisperEngine(EngineConfig("smal", model_dir=tmp_path, device="cpu"))


def test_a_broken_model_is_named(tmp_path: Path) -> None:
    for name in whisper_models.MODEL_FILES:
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(EngineError) as caught:
        FasterWhisperEngine(EngineConfig(str(tmp_path), device="cpu"))
    assert caught.value.type == "model_broken"


def test_models_are_found_without_the_network(tmp_path: Path) -> None:
    assert whisper_models.find_model(str(WHISPER)) == WHISPER
    assert whisper_models.find_model("whisper-espeak", WHISPER.parent) == WHISPER
    assert whisper_models.find_model(str(tmp_path)) is None
    assert whisper_models.find_model("small", tmp_path, hub_cache=tmp_path) is None
    assert whisper_models.find_model("../whisper-espeak", WHISPER, hub_cache=tmp_path) is None

    snapshots = tmp_path / "models--Systran--faster-whisper-small" / "snapshots"
    for revision in ("aaa", "bbb"):
        (snapshots / revision).mkdir(parents=True)
        for name in whisper_models.MODEL_FILES:
            (snapshots / revision / name).write_bytes(b"{}")
    assert whisper_models.find_model("small", None, hub_cache=tmp_path) == snapshots / "aaa"
    (snapshots.parent / "refs").mkdir()
    (snapshots.parent / "refs" / "main").write_text("bbb")
    assert whisper_models.find_model("small", tmp_path) == snapshots / "bbb"
    assert whisper_models.find_model("Systran/faster-whisper-small", tmp_path) == snapshots / "bbb"


def test_model_names_are_those_of_the_library() -> None:
    from faster_whisper.tokenizer import _LANGUAGE_CODES
    from faster_whisper.utils import _MODELS

    assert whisper_models.REPOSITORIES == _MODELS
    assert set(_LANGUAGE_CODES) == whisper_models.LANGUAGES
    assert not whisper_models.translates("large-v3-turbo")
    assert whisper_models.is_english_only("small.en")
    assert not whisper_models.is_english_only("large-v3")


@pytest.mark.parametrize("vad", [True, False])
def test_mixed_speech_has_a_language_for_each_line(whisper: FasterWhisperEngine, vad: bool) -> None:
    heard = hear(whisper, "mixed_en_ar.flac", replace(OPTIONS, language="multi", vad=VadOptions(enabled=vad)))
    assert text_of(heard.segments) == samples()["mixed_en_ar.flac"]["text"]
    turns = [(turn["language"], turn["text"]) for turn in samples()["mixed_en_ar.flac"]["turns"]]
    if vad:
        assert [(segment.language, segment.text) for segment in heard.segments] == turns
        assert heard.language == "ar"
        assert heard.language_confidence is not None
        assert heard.language_confidence > 0.9


def test_mixed_speech_is_translated_where_it_is_foreign(whisper_batched: FasterWhisperEngine) -> None:
    heard = hear(whisper_batched, "mixed_en_ar.flac", replace(OPTIONS, language="multi", task="translate"))
    assert text_of(heard.segments) == samples()["mixed_en_ar.flac"]["translation"]


def test_one_language_alone_is_heard_as_without_the_option(whisper: FasterWhisperEngine) -> None:
    mixed, plain = (hear(whisper, "ar_meeting.flac", replace(OPTIONS, language=code)) for code in ("multi", "auto"))
    assert mixed.segments == plain.segments


def test_mixed_speech_needs_a_multilingual_model(
    whisper: FasterWhisperEngine, context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper, "multilingual", False)
    chunk = next(pipeline.prepare(SAMPLES / "en_digits.wav", OPTIONS))
    with pytest.raises(EngineError, match="multilingual") as caught:
        whisper.transcribe(chunk, replace(OPTIONS, language="multi"), context)
    assert caught.value.type == "language_unsupported"


def test_a_stop_ends_the_telling_of_languages(whisper: FasterWhisperEngine) -> None:
    options = replace(OPTIONS, language="multi")
    chunk = next(pipeline.prepare(SAMPLES / "mixed_en_ar.flac", options))
    context = RecordingContext(stop_after=2)
    with pytest.raises(Stopped):
        whisper.transcribe(chunk, options, context)
    assert context.reports == [0, 0]
