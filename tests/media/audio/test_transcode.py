from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from media.audio.decode import decode, decode_channels
from media.audio.probe import Probe, Video, probe
from media.audio.transcode import PlaybackPlan, make_playback, playback_plan
from tests.media.audio.makers import noise, tone, wav, with_gap

PLANS = {
    "wav": "none",
    "mp3": "none",
    "m4a": "none",
    "aac": "remux",
    "mov": "remux",
    "mkv": "remux",
    "mp4": "remux",  # its picture is MPEG-4 part 2, which no browser shows: the sound alone is kept
    "flac": "encode",
    "ogg": "encode",
    "opus": "encode",
    "webm": "encode",
    "wma": "encode",
    "aiff": "encode",
    "amr": "encode",
    "avi": "encode",
}


@pytest.mark.parametrize(("suffix", "plan"), PLANS.items())
def test_what_a_browser_cannot_play_becomes_what_it_can(
    suffix: str, plan: str, made: Callable[[str], Path], tmp_path: Path
) -> None:
    source = probe(made(suffix))
    assert playback_plan(source) == plan
    if plan == "none":
        return
    out = tmp_path / "out"
    assert make_playback(made(suffix), out, source) == "audio/mp4"
    copy = probe(out)
    assert playback_plan(copy) is PlaybackPlan.NONE
    assert copy.duration_ms == pytest.approx(source.duration_ms, abs=70)
    assert copy.channels == source.channels
    data = out.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


PHONE = Video(1280, 720, 30.0, "h264", "yuv420p")
MP4 = Probe(duration_ms=1_000, container="mp4", codec="aac", bit_rate=None, sample_rate=48_000, channels=2)


@pytest.mark.parametrize(
    ("found", "plan"),
    [
        (replace(MP4, video=PHONE), PlaybackPlan.NONE),
        (replace(MP4, video=replace(PHONE, codec="hevc")), PlaybackPlan.REMUX),
        (replace(MP4, video=replace(PHONE, pixel_format="yuv422p10le")), PlaybackPlan.REMUX),
        (replace(MP4, codec="alac"), PlaybackPlan.ENCODE),
        (replace(MP4, container="mov", video=PHONE), PlaybackPlan.REMUX),
        (replace(MP4, container="wav", codec="pcm_s24le"), PlaybackPlan.ENCODE),
        (replace(MP4, container="wav", codec="pcm_u8"), PlaybackPlan.NONE),
        (replace(MP4, container="wav", codec="pcm_s16le", channels=8), PlaybackPlan.ENCODE),
    ],
)
def test_plans(found: Probe, plan: PlaybackPlan) -> None:
    assert playback_plan(found) is plan


def test_a_playable_picture_is_kept_without_encoding(tmp_path: Path) -> None:
    path, out = tmp_path / "a.mov", tmp_path / "out.mp4"
    if "libx264" not in av.codecs_available:
        pytest.skip("this build of PyAV has no H.264 encoder")
    with av.open(str(path), mode="w", format="mov") as container:
        sound = container.add_stream("aac", rate=48_000, layout="mono", format="fltp")
        picture = container.add_stream("libx264", rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        for index in range(20):
            shot = av.VideoFrame(64, 48, "yuv420p")
            shot.pts = index
            container.mux(picture.encode(shot))
        container.mux(picture.encode(None))
        frame = av.AudioFrame.from_ndarray(tone(2.0)[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48_000, 0
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    assert make_playback(path, out, probe(path)) == "video/mp4"
    copy = probe(out)
    assert copy.video is not None
    assert (copy.container, copy.video.codec) == ("mp4", "h264")
    assert playback_plan(copy) is PlaybackPlan.NONE


def test_a_hole_in_the_recording_stays_in_the_copy(tmp_path: Path) -> None:
    path, out = with_gap(tmp_path / "a.mkv", 2.0, 3.0, 2.0), tmp_path / "out.m4a"
    make_playback(path, out, probe(path))
    assert probe(out).duration_ms == pytest.approx(7_000, abs=70)


def test_a_stereo_call_keeps_its_sides_and_eight_channels_become_one(tmp_path: Path) -> None:
    call = wav(tmp_path / "call.wav", np.stack([tone(2.0, 16_000, 300), tone(2.0, 16_000, 1_500)]), 8_000)
    found = replace(probe(call), codec="pcm_s24le")
    make_playback(call, tmp_path / "call.m4a", found)
    left, right = np.concatenate(list(decode_channels(tmp_path / "call.m4a")), axis=1)
    assert abs(float(np.corrcoef(left, right)[0, 1])) < 0.1
    eight = wav(tmp_path / "eight.wav", np.stack([noise(1.0, 16_000)] * 8))
    make_playback(eight, tmp_path / "eight.m4a", probe(eight))
    assert probe(tmp_path / "eight.m4a").channels == 1


@pytest.mark.parametrize("suffix", ["flac", "aac"])
def test_progress_comes_and_its_exceptions_stop_the_work(
    suffix: str, tmp_path: Path, made: Callable[[str], Path]
) -> None:
    path = tmp_path / f"long.{suffix}"
    path.write_bytes(made(suffix).read_bytes())
    if suffix == "aac":
        path.write_bytes(made(suffix).read_bytes() * 12)
    heard: list[int] = []
    make_playback(path, tmp_path / "out.m4a", probe(path), on_progress=heard.append)
    assert heard
    assert heard == sorted(heard)

    def stop(done_ms: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        make_playback(path, tmp_path / "out.m4a", probe(path), on_progress=stop)


def test_the_copy_sounds_like_the_source(made: Callable[[str], Path], tmp_path: Path) -> None:
    out = tmp_path / "out.m4a"
    make_playback(made("flac"), out, probe(made("flac")))
    source, copy = (np.concatenate(list(decode(path))) for path in (made("flac"), out))
    assert float(np.corrcoef(source[10_000:80_000], copy[10_000:80_000])[0, 1]) > 0.9
