"""Word times from a CTC model: the search with made emissions, then the runtime with a small random model."""

from __future__ import annotations

import json
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.transcription.asr.conftest import SAMPLES, RecordingContext
from transcription.asr import pipeline
from transcription.asr.align import models
from transcription.asr.align.base import Placed
from transcription.asr.align.ctc import best_path
from transcription.asr.align.wav2vec2 import Letters, Wav2Vec2Aligner, place
from transcription.asr.engines.base import EngineConfig
from transcription.asr.engines.faster_whisper import FasterWhisperEngine
from transcription.asr.options import Options
from transcription.asr.retime import retime
from transcription.asr.types import Chunk, EngineError, Segment, Span, Stopped, Word

BLANK = 0
LATIN = {"<pad>": 0, "<s>": 1, "|": 2, "A": 3, "B": 4, "C": 5, "'": 6, "E": 7}
ARABIC = {"[PAD]": 0, "|": 1, "س": 2, "ل": 3, "ا": 4, "م": 5, "ي": 6}


def emissions(frames: list[int], width: int, sure: float = 0.9) -> NDArray[np.float32]:
    """One frame for each of `frames`, which is what was probably said in it."""
    rest = (1 - sure) / (width - 1)
    found = np.full((len(frames), width), np.log(rest), np.float32)
    found[np.arange(len(frames)), frames] = np.log(sure)
    return found


def spoken(text: str, vocabulary: dict[str, int]) -> NDArray[np.float32]:
    """A letter a frame; "_" is a blank."""
    return emissions([0 if letter == "_" else vocabulary[letter] for letter in text], len(vocabulary))


def spans(placed: list[Placed] | None) -> list[tuple[int, int]]:
    assert placed is not None
    return [(one.span.start_ms, one.span.end_ms) for one in placed]


def test_each_label_is_where_it_was_said() -> None:
    path = best_path(emissions([0, 1, 1, 0, 0, 2, 3, 0], 4), [1, 2, 3], blank=BLANK)
    assert path is not None
    assert (path.starts.tolist(), path.ends.tolist()) == ([1, 5, 6], [3, 6, 7])
    assert path.score == pytest.approx(np.log(0.9), abs=1e-5)


def test_a_letter_that_is_doubled_needs_the_blank_between() -> None:
    path = best_path(emissions([1, 1, 0, 1, 2], 3), [1, 1, 2], blank=BLANK)
    assert path is not None
    assert (path.starts.tolist(), path.ends.tolist()) == ([0, 3, 4], [2, 4, 5])
    assert best_path(emissions([1, 1], 3), [1, 1], blank=BLANK) is None, "two frames cannot say it"
    assert best_path(emissions([1, 2], 3), [1, 2], blank=BLANK) is not None


def test_nothing_to_say_or_nothing_heard_has_no_path() -> None:
    assert best_path(emissions([0, 0], 3), [], blank=BLANK) is None
    assert best_path(np.zeros((0, 3), np.float32), [1], blank=BLANK) is None


def test_the_path_is_the_best_of_all() -> None:
    """Against every path there is, tried one by one."""
    rng = np.random.default_rng(5)
    labels, frames, width = [1, 2, 2], 6, 3
    for _ in range(20):
        heard = np.log(rng.dirichlet(np.ones(width), frames)).astype(np.float32)
        best = max(
            (one for one in product(range(width), repeat=frames) if collapsed(one) == labels),
            key=lambda one: float(heard[np.arange(frames), list(one)].sum()),
        )
        path = best_path(heard, labels, blank=BLANK)
        assert path is not None
        drawn = np.zeros(frames, int)
        for label, start, end in zip(labels, path.starts, path.ends, strict=True):
            drawn[start:end] = label
        assert tuple(drawn) == best


def collapsed(frames: tuple[int, ...]) -> list[int]:
    kept = [one for at, one in enumerate(frames) if at == 0 or one != frames[at - 1]]
    return [one for one in kept if one != BLANK]


def test_words_have_the_times_of_their_letters() -> None:
    heard = spoken("__AAB__|_CC_B|", LATIN)
    assert spans(place(heard, ["ab,", "Cb"], Letters(LATIN))) == [(40, 100), (180, 260)]
    # A model that hears no pause, and the same letter at both sides of the border.
    assert spans(place(spoken("ABB_BC", LATIN), ["ab", "bc"], Letters(LATIN))) == [(0, 60), (80, 120)]


def test_arabic_words_lose_marks_that_the_model_does_not_know() -> None:
    letters = Letters(ARABIC)
    assert letters.of("سَلَامٌ") == letters.of("سلام") == [2, 3, 4, 5]
    assert letters.of("أمّي،") == [4, 5, 6]
    assert spans(place(spoken("_سسل_ام_|اا_م_ي", ARABIC), ["سلام", "أمّي"], letters)) == [(20, 140), (180, 300)]


def test_letters_with_accents_and_doubled_ones() -> None:
    letters = Letters(LATIN)
    assert letters.of("Béé") == [4, 7, 7]
    assert spans(place(spoken("B_EEE_EE__|A", LATIN), ["béé", "a"], letters)) == [(0, 160), (220, 240)]


def test_a_number_in_digits_lies_between_its_neighbours_and_is_a_guess() -> None:
    found = place(spoken("AB|CEEC|_BA", LATIN), ["ab", "42", "ba"], Letters(LATIN))
    assert spans(found) == [(0, 40), (60, 140), (180, 220)]
    assert found is not None
    assert [one.is_guess for one in found] == [False, True, False]


def test_text_that_was_not_said_is_not_placed() -> None:
    heard = emissions([LATIN[letter] for letter in "ABABABAB"], len(LATIN), sure=0.999)
    assert place(heard, ["ceec"], Letters(LATIN)) is None
    assert place(heard, ["abababab"], Letters(LATIN)) is not None


def test_a_vocabulary_without_a_blank_is_refused() -> None:
    with pytest.raises(ValueError, match="no blank"):
        Letters({"a": 0})


class Metronome:
    """Stands for a model: every word takes 100 ms, the first begins at once."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls: list[tuple[int, list[str]]] = []
        self.error = error

    def align(self, samples: NDArray[np.float32], words: Any) -> list[Placed] | None:
        if self.error:
            raise self.error
        self.calls.append((len(samples) // 16, list(words)))
        return [Placed(Span(at * 100, at * 100 + 100)) for at in range(len(words))]


def line(start_ms: int, end_ms: int, text: str, language: str | None = "ar") -> Segment:
    words = tuple(Word(one, start_ms, end_ms, 0.5, interpolated=True) for one in text.split())
    return Segment(start_ms, end_ms, text, words, language=language)


def quiet(seconds: int, start_ms: int = 0) -> Chunk:
    return Chunk(np.zeros(seconds * 16_000, np.float32), start_ms, start_ms + seconds * 1000)


def test_lines_of_other_languages_keep_their_times() -> None:
    metronome = Metronome()
    lines = [line(61_000, 62_000, "one two", "en"), line(62_100, 63_000, "ثلاثة أربعة"), line(63_500, 64_000, "خمسة")]
    beats: list[int] = []
    done = retime(quiet(10, 60_000), lines, {"ar": metronome}.get, beat=lambda: beats.append(1))
    assert done.segments[0] == lines[0]
    # From the line before, at most 300 ms, to 300 ms after.
    assert metronome.calls == [(64_300 - 62_000, ["ثلاثة", "أربعة", "خمسة"])]
    assert [(w.start_ms, w.end_ms, w.confidence, w.interpolated) for w in done.segments[1].words] == [
        (62_000, 62_100, 0.5, False),
        (62_100, 62_200, 0.5, False),
    ]
    assert (done.segments[2].start_ms, done.segments[2].end_ms) == (62_200, 62_300)
    assert (done.languages, len(beats)) == (("ar",), 1)


def test_far_lines_are_aligned_apart_and_long_ones_not_at_all() -> None:
    metronome = Metronome()
    lines = [line(0, 1_000, "a"), line(9_000, 10_000, "b"), line(12_000, 80_000, "c")]
    done = retime(quiet(90), lines, lambda _: metronome, beat=lambda: None)
    assert [words for _, words in metronome.calls] == [["a"], ["b"]]
    assert done.segments[2] == lines[2]


def heard(whisper: FasterWhisperEngine, aligner_of: Any, **options: Any) -> Any:
    wanted = Options("faster_whisper", "whisper-espeak", **options)
    chunk = next(pipeline.prepare(SAMPLES / "ar_greeting.wav", wanted))
    return pipeline.transcribe(chunk, whisper, wanted, RecordingContext(), aligner_of=aligner_of)


def test_a_failure_keeps_the_engines_times_and_warns(whisper: FasterWhisperEngine) -> None:
    plain = heard(whisper, None)
    for error in (RuntimeError("CUDA error"), EngineError("model_broken", "broken")):
        found = heard(whisper, lambda _, error=error: Metronome(error))
        assert found.segments == plain.segments
        assert [warning.type for warning in found.warnings] == ["alignment_failed"]
    with pytest.raises(Stopped):
        heard(whisper, lambda _: Metronome(Stopped()))


def test_alignment_is_off_where_asked_and_where_the_text_is_a_translation(whisper: FasterWhisperEngine) -> None:
    metronome = Metronome()
    heard(whisper, lambda _: metronome, alignment="off")
    heard(whisper, lambda _: metronome, task="translate")
    assert metronome.calls == []
    found = heard(whisper, lambda _: metronome)
    assert (len(metronome.calls), found.aligned, found.warnings) == (1, ("ar",), ())


def test_a_missing_model_is_silent(whisper: FasterWhisperEngine, tmp_path: Path) -> None:
    def none(language: str) -> None:
        assert models.find_model(language, tmp_path) is None

    found = heard(whisper, none)
    assert (found.warnings, found.aligned) == ((), ())
    assert found.segments == heard(whisper, None).segments


@pytest.fixture(scope="module")
def random_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MODEL_DIR with an Arabic model of CTranslate2's own format, small and random."""
    from ctranslate2.specs import wav2vec2_spec

    rng = np.random.default_rng(0)
    width, channels = 16, 8

    def weight(*shape: int) -> NDArray[np.float32]:
        return (rng.standard_normal(shape) * 0.3).astype(np.float32)

    def linear(layer: Any, out: int, into: int) -> None:
        layer.weight, layer.bias = weight(out, into), np.zeros(out, np.float32)

    def norm(layer: Any, size: int) -> None:
        layer.gamma, layer.beta = np.ones(size, np.float32), np.zeros(size, np.float32)

    spec = wav2vec2_spec.Wav2Vec2Spec(7, 1, 2, len(ARABIC), False)
    encoder = spec.encoder
    for at, (layer, kernel) in enumerate(
        zip([encoder.feat_layer0, *encoder.feat_layer], (10, 3, 3, 3, 3, 2, 2), strict=True)
    ):
        layer.conv.weight, layer.conv.bias = weight(channels, channels if at else 1, kernel), weight(channels)
        norm(layer.layer_norm, channels)
    norm(encoder.fp_layer_norm, channels)
    linear(encoder.fp_projection, width, channels)
    encoder.pos_conv_embed.conv.weight, encoder.pos_conv_embed.conv.bias = weight(width, 1, 128), weight(width)
    norm(encoder.layer_norm, width)
    for layer in encoder.layer:
        norm(layer.self_attention.layer_norm, width)
        linear(layer.self_attention.linear[0], 3 * width, width)
        linear(layer.self_attention.linear[1], width, width)
        norm(layer.ffn.layer_norm, width)
        linear(layer.ffn.linear_0, 32, width)
        linear(layer.ffn.linear_1, width, 32)
    linear(encoder.lm_head, len(ARABIC), width)
    spec.register_vocabulary(list(ARABIC))
    model_dir = tmp_path_factory.mktemp("models")
    folder = model_dir / "alignment" / "ar"
    folder.mkdir(parents=True)
    spec.validate()
    spec.save(str(folder))
    (folder / "vocab.json").write_text(json.dumps(ARABIC), encoding="utf-8")
    return model_dir


def aligner(model_dir: Path, **config: Any) -> Wav2Vec2Aligner:
    folder = models.find_model("ar", model_dir)
    assert folder is not None
    return Wav2Vec2Aligner(EngineConfig(str(folder), device="cpu", cpu_threads=1, **config))


def test_the_runtime_gives_a_probability_of_each_letter_every_20_ms(random_model: Path) -> None:
    found = aligner(random_model)._emissions(np.random.default_rng(1).standard_normal(32_000).astype(np.float32))
    assert found.shape == (99, len(ARABIC))
    assert np.allclose(np.exp(found).sum(axis=1), 1, atol=1e-4)


def test_the_sounds_level_does_not_matter_unless_the_model_says_so(random_model: Path) -> None:
    sound = np.random.default_rng(1).standard_normal(16_000).astype(np.float32)
    levelled = aligner(random_model)
    assert np.allclose(levelled._emissions(sound), levelled._emissions(sound * 0.1), atol=1e-3)
    setting = random_model / "alignment" / "ar" / "preprocessor_config.json"
    setting.write_text('{"do_normalize": false}')
    try:
        raw = aligner(random_model)
    finally:
        setting.unlink()
    assert not np.allclose(raw._emissions(sound + 1), levelled._emissions(sound + 1), atol=1e-3)


def test_what_newer_converters_say_about_the_level_counts(random_model: Path) -> None:
    setting = random_model / "alignment" / "ar" / "processor_config.json"
    setting.write_text(json.dumps({"feature_extractor": {"do_normalize": False}}))
    try:
        assert not aligner(random_model)._levelled
    finally:
        setting.unlink()


def test_a_real_recording_goes_through_the_runtime(whisper: FasterWhisperEngine, random_model: Path) -> None:
    loaded = aligner(random_model)
    plain, found = heard(whisper, None), heard(whisper, {"ar": loaded}.get)
    assert found.aligned == ("ar",)
    assert found.warnings == ()
    assert [s.text for s in found.segments] == [s.text for s in plain.segments]
    words = [word for segment in found.segments for word in segment.words]
    assert all(a.start_ms < a.end_ms <= b.start_ms for a, b in pairwise(words))
    assert loaded.align(np.zeros(100, np.float32), ["سلام"]) is None, "too short for one frame"


def test_a_broken_model_is_named(random_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "alignment" / "ar"
    folder.mkdir(parents=True)
    for name in models.MODEL_FILES:
        (folder / name).write_text(json.dumps(ARABIC))
    with pytest.raises(EngineError) as caught:
        aligner(tmp_path)
    assert caught.value.type == "model_broken"


def test_models_are_found_by_their_language_only(random_model: Path) -> None:
    assert models.find_model("ar", random_model) == random_model / "alignment" / "ar"
    for name in ("en", "../alignment/ar", "", "AR"):
        assert models.find_model(name, random_model) is None
