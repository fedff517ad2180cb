import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from media.audio.decode import decode, decode_channels, write_flac
from media.audio.errors import MediaError
from tests.media.audio.makers import (
    FORMATS,
    by_suffix,
    encode,
    frames,
    noise,
    png,
    silent_amr,
    silent_video,
    tone,
    unknown_codec,
    wav,
    with_gap,
)

# Encoders pad: AAC up to 2 frames, AMR and MP3 one, WMA drops its first.
TOLERANCE_S = 0.07
NOISE_LIKE = {"amr"}  # a speech codec does not keep noise
# Matroska and ASF tell time in whole milliseconds; the AAC decoder fills in noise of its own.
MILLISECOND_CLOCKS = {"mkv", "webm", "wma"}
SLACK = 16
CODEC_DELAY = 1_200


def whole(path: Path, **options: Any) -> NDArray[np.float32]:
    return np.concatenate([np.empty(0, np.float32), *decode(path, **options)])


@pytest.mark.parametrize("suffix", [format.suffix for format in FORMATS])
def test_every_format_comes_out_as_the_sound_that_went_in(suffix: str, made: Callable[[str], Path]) -> None:
    samples = whole(made(suffix))
    assert samples.dtype == np.float32
    assert len(samples) / 16_000 == pytest.approx(6.0, abs=TOLERANCE_S)
    if suffix not in NOISE_LIKE:
        reference = whole(made("wav"))
        assert best_match(samples, reference, 40_000, CODEC_DELAY) > 0.93


def best_match(samples: NDArray[np.float32], reference: NDArray[np.float32], start: int, reach: int) -> float:
    """How much of the second of `reference` at `start` is found within `reach` samples of its place."""
    size = 16_000
    middle, around = reference[start : start + size], samples[start - reach : start + size + reach]
    length = len(around) + size
    product = np.fft.rfft(around, length) * np.conj(np.fft.rfft(middle, length))
    return float(np.fft.irfft(product, length).max() / np.dot(middle, middle))


@pytest.mark.parametrize("suffix", [format.suffix for format in FORMATS])
@pytest.mark.parametrize("start_ms", [700, 3_333])
def test_a_later_start_gives_the_same_samples(suffix: str, start_ms: int, made: Callable[[str], Path]) -> None:
    path = made(suffix)
    expected = whole(path)[start_ms * 16 :]
    part = whole(path, start_ms=start_ms)
    slack = SLACK if suffix in MILLISECOND_CLOCKS else 0
    assert abs(len(part) - len(expected)) <= slack
    errors = [shifted_error(part, expected, lag) for lag in range(-slack, slack + 1)]
    assert min(errors) < 0.05  # noise peaks at 0.3, and one sample off makes it 0.1 and more


def shifted_error(part: NDArray[np.float32], expected: NDArray[np.float32], lag: int) -> float:
    size, edge = min(len(part), len(expected)) - 200, 100
    return float(np.abs(part[edge + lag : size + lag] - expected[edge:size]).max())


def test_a_start_in_the_middle_of_a_file_at_another_rate_is_exact(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", noise(5.0, 44_100), 44_100)
    assert whole(path, start_ms=2_017) == pytest.approx(whole(path)[2_017 * 16 :], abs=1e-6)


def test_an_end_cuts_and_a_start_behind_the_end_gives_nothing(made: Callable[[str], Path]) -> None:
    path = made("wav")
    part = whole(path, start_ms=1_000, end_ms=1_250, block_ms=100)
    assert part == pytest.approx(whole(path)[16_000:20_000], abs=1e-6)
    assert len(whole(path, start_ms=60_000)) == 0
    assert len(whole(path, start_ms=2_000, end_ms=1_000)) == 0


def test_blocks_are_no_longer_than_asked(made: Callable[[str], Path]) -> None:
    lengths = [len(block) for block in decode(made("mp3"), block_ms=500)]
    assert max(lengths) == 8_000
    assert sum(lengths) == len(whole(made("mp3")))


def test_channels_are_mixed_picked_or_kept(tmp_path: Path) -> None:
    left, right = tone(2.0, 16_000, 300), tone(2.0, 16_000, 1000, 0.25)
    path = wav(tmp_path / "a.wav", np.stack([left, right]))
    assert whole(path) == pytest.approx((left + right) / 2, abs=1e-3)
    assert whole(path, channel=0) == pytest.approx(left, abs=1e-3)
    assert whole(path, channel=1) == pytest.approx(right, abs=1e-3)
    both = np.concatenate(list(decode_channels(path)), axis=1)
    assert both == pytest.approx(np.stack([left, right]), abs=1e-3)


def test_eight_channels_weigh_the_same(tmp_path: Path) -> None:
    channels = np.stack([tone(1.0, 16_000, 100.0 * (index + 1), 0.8) for index in range(8)])
    path = wav(tmp_path / "a.wav", channels)
    assert whole(path) == pytest.approx(channels.mean(axis=0), abs=1e-3)
    assert whole(path, channel=3) == pytest.approx(channels[3], abs=1e-3)
    assert np.concatenate(list(decode_channels(path)), axis=1) == pytest.approx(channels, abs=1e-3)


def test_eight_planar_channels_with_a_late_start(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    with av.open(str(path), mode="w", format="ipod") as container:
        stream = container.add_stream("aac", rate=44_100, layout="7.1", format="fltp")
        frame = av.AudioFrame(format="flt", layout="7.1", samples=44_100 * 4)
        frame.planes[0].update(np.tile(tone(4.0, 44_100)[:, None], 8).astype("<f4").tobytes())
        frame.sample_rate, frame.pts = 44_100, 0
        for piece in av.AudioResampler(format="fltp", layout="7.1", rate=44_100).resample(frame):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    later = np.concatenate(list(decode_channels(path, start_ms=2_345)), axis=1)
    assert later.shape[0] == 8
    assert later.shape[1] / 16_000 == pytest.approx(4.0 - 2.345, abs=TOLERANCE_S)


@pytest.mark.parametrize("options", [{"channel": 2}, {"channel": -1}, {"filters": ["reverb"]}])
def test_a_channel_or_filter_that_does_not_exist_is_a_value_error(
    options: dict[str, object], made: Callable[[str], Path]
) -> None:
    with pytest.raises(ValueError, match=r"channel|reverb"):
        whole(made("wav"), **options)


def test_a_hole_in_the_timestamps_becomes_silence(tmp_path: Path) -> None:
    samples = whole(with_gap(tmp_path / "a.mkv", 2.0, 3.0, 2.0))
    assert len(samples) / 16_000 == pytest.approx(7.0, abs=0.01)
    assert np.abs(samples[16_000 * 2 + 1000 : 16_000 * 5 - 1000]).max() == 0
    assert np.abs(samples[16_000 * 5 + 1000 :]).max() > 0.4


def test_a_clock_that_jumps_by_days_does_not_become_days_of_silence(tmp_path: Path) -> None:
    samples = whole(with_gap(tmp_path / "a.mkv", 2.0, 200_000.0, 2.0))
    assert len(samples) / 16_000 == pytest.approx(4.0, abs=0.01)


def test_sound_that_sets_in_after_the_picture_keeps_its_place(tmp_path: Path) -> None:
    path = tmp_path / "late.mkv"
    with av.open(str(path), mode="w", format="matroska") as container:
        sound = container.add_stream("pcm_s16le", rate=16_000, layout="mono", format="s16")
        picture = container.add_stream("mpeg4", rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        for index in range(40):
            shot = av.VideoFrame(64, 48, "yuv420p")
            shot.pts = index
            container.mux(picture.encode(shot))
        container.mux(picture.encode(None))
        for frame in frames(np.atleast_2d(tone(2.0, 16_000)), 16_000, "s16"):
            frame.pts = (frame.pts or 0) + 24_000
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    samples = whole(path)
    assert len(samples) / 16_000 == pytest.approx(3.5, abs=0.01)
    assert np.abs(samples[:23_900]).max() == 0
    assert whole(path, start_ms=2_600)[:8_000] == pytest.approx(samples[41_600:49_600], abs=1e-3)


@pytest.mark.parametrize("suffix", ["mp3", "m4a", "mkv", "ogg", "flac"])
def test_damage_in_the_middle_costs_little_more_than_itself(
    suffix: str, tmp_path: Path, made: Callable[[str], Path]
) -> None:
    path = Path(shutil.copy(made(suffix), tmp_path))
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = np.random.default_rng(3).bytes(3000)
    path.write_bytes(data)
    samples, sound = whole(path), whole(made(suffix))
    assert len(samples) / 16_000 == pytest.approx(6.0, abs=0.5)
    assert samples[:32_000] == pytest.approx(sound[:32_000], abs=0.03)
    assert best_match(samples, sound, 78_000, 8_000 if suffix == "mp3" else 1_600) > 0.9


def test_a_file_cut_off_gives_what_is_there(tmp_path: Path, made: Callable[[str], Path]) -> None:
    data = made("mp3").read_bytes()
    path = tmp_path / "cut.mp3"
    path.write_bytes(data[: len(data) // 2])
    assert len(whole(path)) / 16_000 == pytest.approx(3.0, abs=0.1)


def test_a_change_of_format_on_the_way_is_followed(tmp_path: Path) -> None:
    path, format = tmp_path / "a.aac", by_suffix("aac")
    mono = encode(tmp_path / "1.aac", format, tone(3.0))
    lower = type(format)("aac", "adts", "aac", "adts", "aac", rate=22_050, channels=1)
    path.write_bytes(mono.read_bytes() + encode(tmp_path / "2.aac", lower, tone(3.0, 22_050)).read_bytes())
    samples = whole(path)
    assert len(samples) / 16_000 == pytest.approx(6.0, abs=0.3)
    spectrum = np.abs(np.fft.rfft(samples[-32_000:-4_000]))
    assert np.argmax(spectrum) / 28_000 * 16_000 == pytest.approx(440, abs=2)


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    path = tmp_path / "long.flac"
    write_flac(path, (noise(10.0, 16_000) for _ in range(60)))
    tracemalloc.start()
    total = sum(len(block) for block in decode(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 600 * 16_000
    assert peak < 8_000_000


def test_flac_is_written_and_read_back(tmp_path: Path, meeting: NDArray[np.float32]) -> None:
    heard: list[int] = []
    path = tmp_path / "a.flac"
    blocks = [meeting[start : start + 160_000] for start in range(0, len(meeting), 160_000)]
    assert write_flac(path, blocks, on_progress=heard.append) == len(meeting) // 16
    assert heard == sorted(heard)
    assert max(np.diff([0, *heard])) <= 30_000
    assert whole(path) == pytest.approx(meeting, abs=1e-4)


def test_what_the_progress_call_raises_passes_through(tmp_path: Path, made: Callable[[str], Path]) -> None:
    def stop(done_ms: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        write_flac(tmp_path / "a.flac", decode(made("wav")), on_progress=stop)


def test_loud_samples_are_clipped_and_not_wrapped(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    write_flac(path, [np.full(16_000, 1.5, np.float32), np.full(16_000, -1.5, np.float32)])
    samples = whole(path)
    assert samples[:16_000].min() > 0.99
    assert samples[16_000:].max() < -0.99


def test_refusals(tmp_path: Path) -> None:
    assert reason(silent_video(tmp_path / "a.mp4")) == "no_audio_stream"
    assert reason(unknown_codec(tmp_path / "b.wav")) == "unsupported_codec"
    assert reason(png(tmp_path / "c.png")) == "not_media"
    assert reason(wav(tmp_path / "d.wav", np.empty(0, np.float32))) == "empty_audio"


def reason(path: Path) -> str:
    with pytest.raises(MediaError) as caught:
        whole(path)
    return caught.value.reason


def test_amr_by_hand(tmp_path: Path) -> None:
    assert len(whole(silent_amr(tmp_path / "a.amr", 50))) == 16_000


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        whole(tmp_path / "nowhere.mp3")
