"""Speech share and signal-to-noise ratio, on sound of which both are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from media.audio.noise import MOST_SNR_DB, SpeechLevels, SpeechMeter, noise_floor
from media.audio.vad import speech_spans
from tests.media.audio.makers import tone

SECOND = 16_000
STATED_ERROR_DB = 3.0

Samples = NDArray[np.float32]


def measure(samples: Samples, seconds: float | None = None) -> SpeechLevels:
    meter = SpeechMeter(round((seconds or len(samples) / SECOND) * 1000))
    for start in range(0, len(samples), 10 * SECOND):
        meter.add(samples[start : start + 10 * SECOND].astype(np.float32))
    return meter.result()


def white(length: int, level: float) -> Samples:
    return np.asarray(level * np.random.default_rng(3).standard_normal(length), np.float32)


@pytest.mark.parametrize("snr", [0, 5, 10, 15, 20, 30])
@pytest.mark.parametrize("gain", [1.0, 0.1])
def test_a_known_ratio_is_found(snr: int, gain: float, meeting: Samples) -> None:
    spans = list(speech_spans([meeting], min_silence_ms=200))
    voice = np.concatenate([meeting[span.start_ms * 16 : span.end_ms * 16] for span in spans])
    level = float(np.sqrt(np.mean(np.square(voice)) / 10 ** (snr / 10)))
    found = measure((meeting + white(len(meeting), level)) * gain)
    assert found.snr_db == pytest.approx(snr, abs=STATED_ERROR_DB)


def test_without_pauses_the_gaps_in_words_tell(meeting: Samples) -> None:
    spans = speech_spans([meeting], min_silence_ms=200, pad_ms=0)
    voice = np.concatenate([meeting[span.start_ms * 16 : span.end_ms * 16] for span in spans])[: 9 * SECOND]
    level = float(np.sqrt(np.mean(np.square(voice)) / 10))
    assert measure(voice + white(len(voice), level)).snr_db == pytest.approx(10, abs=STATED_ERROR_DB)


def test_a_knock_in_a_pause_is_no_noise(meeting: Samples) -> None:
    quiet = np.concatenate([meeting[: 9 * SECOND], np.zeros(6 * SECOND, np.float32)]) + white(15 * SECOND, 0.001)
    knocked = quiet.copy()
    knocked[12 * SECOND : 12 * SECOND + 800] = tone(0.05, SECOND, 300, 0.9)
    before, after = measure(quiet).snr_db, measure(knocked).snr_db
    assert before is not None
    assert before > 25
    assert after == pytest.approx(before, abs=1.0)


def test_the_share_is_of_time(meeting: Samples) -> None:
    half = np.concatenate([meeting[: 20 * SECOND], np.zeros(20 * SECOND, np.float32)])
    whole, part = measure(meeting[: 20 * SECOND]), measure(half)
    assert whole.speech_share is not None
    assert 0.6 < whole.speech_share < 0.98
    assert part.speech_share == pytest.approx(whole.speech_share / 2, abs=0.02)


@pytest.mark.parametrize("samples", [np.zeros(5 * SECOND), white(5 * SECOND, 0.1), tone(5.0, SECOND)])
def test_what_nobody_says_has_no_ratio(samples: Samples) -> None:
    assert measure(samples) == SpeechLevels(speech_share=0.0, snr_db=None)


def test_nothing_at_all() -> None:
    assert SpeechMeter(0).result() == SpeechLevels(None, None)


def test_digital_silence_between_words_is_capped(meeting: Samples) -> None:
    assert measure(np.concatenate([meeting[: 9 * SECOND], np.zeros(3 * SECOND, np.float32)])).snr_db == MOST_SNR_DB


def test_of_a_long_recording_blocks_from_all_over_are_listened_to(
    meeting: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four hours, of which the second half is silence: five minutes are listened to, and the share is right."""
    heard: list[int] = []

    def counting(blocks: list[Samples], **rules: int) -> object:
        heard.append(len(blocks[0]))
        return speech_spans(blocks, **rules)

    monkeypatch.setattr("media.audio.noise.speech_spans", counting)
    meter = SpeechMeter(4 * 3_600_000)
    for index in range(1_440):
        meter.add(meeting[: 10 * SECOND] if index < 720 else np.zeros(10 * SECOND, np.float32))
    whole = measure(meeting[: 10 * SECOND]).speech_share
    assert whole is not None
    assert meter.result().speech_share == pytest.approx(whole / 2, abs=0.02)
    assert sum(heard[:-1]) <= 300 * SECOND


def test_the_floor_is_that_of_the_noise() -> None:
    assert noise_floor([white(5 * SECOND, 0.01)[np.newaxis]]) == pytest.approx(-40 + 3, abs=1)
    assert noise_floor([np.zeros((1, SECOND), np.float32)]) == -80
    assert noise_floor([]) == -80
    assert noise_floor([white(SECOND, 0.5)[np.newaxis]]) == -20
