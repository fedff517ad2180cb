import numpy as np
import pytest

from media.audio.decode import decode_channels
from media.audio.levels import LevelMeter, Levels
from tests.media.audio.makers import DEMO, noise, tone


def measure(samples: np.ndarray, rate: int = 16_000, block: int = 9_999) -> Levels:
    channels = np.atleast_2d(samples).astype(np.float32)
    meter = LevelMeter(channels.shape[0], rate)
    for start in range(0, channels.shape[1], block):
        meter.add(channels[:, start : start + block])
    return meter.result()


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_the_test_signals_of_ebu_tech_3341(rate: int, level: float) -> None:
    """Cases 1 and 2: a stereo sine of 1 kHz at -23 and at -33 dBFS for 20 s reads as much, within 0.1 LU."""
    sine = tone(20.0, rate, 1000, 10 ** (level / 20))
    levels = measure(np.stack([sine, sine]), rate)
    assert levels.loudness_lufs == pytest.approx(level, abs=0.1)
    assert levels.peak_dbfs == pytest.approx(level, abs=0.05)


def test_the_gate_leaves_pauses_out() -> None:
    """Tech 3341 case 3, for one channel: 10 s at -36, 60 s at -23, 10 s at -36 dBFS."""
    parts = [tone(s, 16_000, 1000, 10 ** (level / 20)) for s, level in ((10, -36), (60, -23), (10, -36))]
    assert measure(np.concatenate(parts)).loudness_lufs == pytest.approx(-26.0, abs=0.1)


def test_silence_has_no_loudness_and_no_peak() -> None:
    levels = measure(np.zeros(32_000))
    assert (levels.loudness_lufs, levels.peak_dbfs, levels.clipped_share) == (None, None, 0.0)


def test_nothing_at_all() -> None:
    assert LevelMeter().result() == Levels(None, None, 0.0, False)


def test_clipping_is_counted() -> None:
    samples = np.zeros(1_000, np.float32)
    samples[:50] = 1.0
    samples[50:60] = -1.0
    assert measure(samples).clipped_share == pytest.approx(0.06)


def test_one_voice_on_both_sides_is_dual_mono_even_at_another_level() -> None:
    sound = noise(5.0, 16_000)
    assert measure(np.stack([sound, sound])).dual_mono
    assert measure(np.stack([sound, 0.2 * sound])).dual_mono


def test_two_voices_or_a_silent_side_are_not() -> None:
    sound = noise(5.0, 16_000)
    assert not measure(np.stack([sound, np.roll(sound, 4_000)])).dual_mono
    assert not measure(np.stack([sound, np.zeros_like(sound)])).dual_mono
    assert not measure(sound).dual_mono


def test_the_demo_call_has_two_sides() -> None:
    meter = LevelMeter(2)
    for block in decode_channels(DEMO / "team-call-stereo.mp3"):
        meter.add(block)
    levels = meter.result()
    assert not levels.dual_mono
    assert levels.loudness_lufs == pytest.approx(-18.8, abs=0.3)


def test_another_number_of_channels_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="2 channels, not 1"):
        LevelMeter(1).add(np.zeros((2, 10), np.float32))


def test_eight_channels_are_measured_as_their_mix() -> None:
    sine = tone(5.0, 16_000, 1000, 10 ** (-20 / 20))
    assert measure(np.stack([sine] * 8)).loudness_lufs == pytest.approx(-23.0, abs=0.1)
