"""Enhancement on real sound: what should go falls, what should stay stays, and time does not move."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from media.audio.decode import decode, write_flac
from media.audio.graph import FILTERS, described
from media.audio.levels import LevelMeter
from media.audio.vad import speech_spans
from tests.media.audio.makers import noise, tone, wav

Samples = NDArray[np.float32]
FEW_SAMPLES = 8
SLOPE_SAMPLES = 80  # 5 ms: a steep high-pass moves the lowest tones of a voice, not its consonants


def heard(path: Path, *filters: str, **options: int) -> Samples:
    return np.concatenate(list(decode(path, filters=filters, **options)))


def decibels(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-12))


def loudness(samples: Samples) -> float:
    meter = LevelMeter()
    meter.add(samples)
    found = meter.result().loudness_lufs
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "samples"), [("highpass", SLOPE_SAMPLES), ("loudness", FEW_SAMPLES), ("denoise", FEW_SAMPLES)]
)
def test_a_filter_keeps_time(name: str, samples: int, meeting: Samples, tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", meeting[: 16_000 * 12] * 0.5)
    before, after = heard(path), heard(path, name)
    assert len(after) == len(before)
    assert np.abs(after - before).max() > 0.001
    matches = [float(np.dot(before[400 + lag : 160_400 + lag], after[400:160_400])) for lag in range(-400, 400)]
    assert abs(int(np.argmax(matches)) - 400) <= samples


@pytest.mark.parametrize(("hertz", "least"), [(30, 40), (50, 25), (60, 20)])
def test_highpass_takes_rumble_and_the_hum_of_both_mains(hertz: int, least: float, tmp_path: Path) -> None:
    path = wav(tmp_path / "hum.wav", tone(4.0, 16_000, hertz))
    assert decibels(heard(path)[16_000:]) - decibels(heard(path, "highpass")[16_000:48_000]) > least


@pytest.mark.parametrize("hertz", [120, 200, 1_000, 4_000])
def test_highpass_leaves_voices(hertz: int, tmp_path: Path) -> None:
    path = wav(tmp_path / "voice.wav", tone(4.0, 16_000, hertz))
    assert decibels(heard(path, "highpass")[16_000:48_000]) == pytest.approx(decibels(heard(path)[16_000:]), abs=0.5)


@pytest.mark.parametrize("gain", [1.3, 0.3, 0.05, 0.02])
def test_loudness_comes_to_its_target_from_loud_and_from_quiet(gain: float, meeting: Samples, tmp_path: Path) -> None:
    """From -17 to -53 LUFS."""
    path = wav(tmp_path / "a.wav", np.clip(meeting * gain, -1, 1))
    after = heard(path, "loudness")
    assert -24 <= loudness(after) <= -16
    assert np.abs(after).max() < 0.96


def test_loudness_does_not_make_sound_of_silence(tmp_path: Path) -> None:
    assert np.abs(heard(wav(tmp_path / "a.wav", np.zeros(80_000, np.float32)), "loudness")).max() == 0.0


@pytest.mark.parametrize(("snr", "gain"), [(5, 0.7), (15, 0.7), (25, 0.7), (15, 0.03)])
def test_noise_falls_and_speech_stays(snr: int, gain: float, meeting: Samples, tmp_path: Path) -> None:
    """Also in a recording that is quiet as a whole: the floor is measured, not assumed."""
    speaking = np.zeros(len(meeting), np.bool_)
    for span in speech_spans([meeting], min_silence_ms=200):
        speaking[span.start_ms * 16 : span.end_ms * 16] = True
    power = np.mean(np.square(meeting[speaking]))
    rough = np.random.default_rng(2).standard_normal(len(meeting)) * np.sqrt(power / 10 ** (snr / 10))
    path = wav(tmp_path / "a.wav", np.clip((meeting + rough) * gain, -1, 1))
    before, after = heard(path), heard(path, "denoise")
    assert decibels(before[~speaking]) - decibels(after[~speaking]) > 8
    assert decibels(after[speaking]) == pytest.approx(decibels(meeting[speaking] * gain), abs=1.0)
    assert np.corrcoef(meeting, after)[0, 1] > np.corrcoef(meeting, before)[0, 1]


def test_denoise_leaves_a_clean_recording_alone(meeting: Samples, tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", meeting)
    assert np.corrcoef(heard(path), heard(path, "denoise"))[0, 1] > 0.999


def test_the_order_asked_for_does_not_matter(meeting: Samples, tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", meeting[:160_000])
    one = heard(path, "loudness", "denoise", "highpass")
    assert np.array_equal(one, heard(path, "highpass", "denoise", "loudness", "loudness"))
    assert list(described(["loudness", "highpass"])) == ["highpass", "loudness"]


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_a_stretch_is_as_long_as_without(name: str, meeting: Samples, tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", meeting)
    assert len(heard(path, name, start_ms=10_000, end_ms=25_500)) == 15_500 * 16


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    path = tmp_path / "long.flac"
    write_flac(path, (noise(10.0, 16_000) for _ in range(60)))
    tracemalloc.start()
    total = sum(len(block) for block in decode(path, filters=FILTERS))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 600 * 16_000
    assert peak < 8_000_000
