from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest

from media.audio.errors import MediaError
from media.audio.probe import LONGEST_VALUE, MOST_TAGS, probe
from tests.media.audio.makers import (
    DEMO,
    FORMATS,
    Format,
    by_suffix,
    encode,
    png,
    silent_amr,
    silent_video,
    tone,
    unknown_codec,
    wav,
    without_duration,
)


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.suffix)
def test_every_format_is_told_by_its_content(format: Format, made: Callable[[str], Path], tmp_path: Path) -> None:
    path = tmp_path / "recording.txt"
    path.write_bytes(made(format.suffix).read_bytes())
    found = probe(path)
    assert (found.container, found.codec) == (format.container, format.codec)
    assert (found.sample_rate, found.channels) == (format.rate, format.channels)
    assert found.duration_ms == pytest.approx(6_000, abs=70)
    assert (found.video is not None) == (format.picture is not None)


def test_a_video_is_described(made: Callable[[str], Path]) -> None:
    video = probe(made("mp4")).video
    assert video is not None
    assert (video.width, video.height, video.frame_rate, video.codec) == (64, 48, 10.0, "mpeg4")


def test_a_cover_is_not_a_video(tmp_path: Path) -> None:
    cover = png(tmp_path / "cover.png").read_bytes()
    path = tmp_path / "a.mp3"
    picture = b"APIC" + (len(cover) + 13).to_bytes(4, "big") + bytes(2) + b"\x00image/png\x00\x03\x00" + cover
    size = len(picture)
    header = b"ID3\x03\x00\x00" + bytes([(size >> shift) & 0x7F for shift in (21, 14, 7, 0)])
    path.write_bytes(header + picture + encode(tmp_path / "plain.mp3", by_suffix("mp3"), tone(2.0)).read_bytes())
    with av.open(str(path)) as container:
        assert container.streams.video
    found = probe(path)
    assert found.video is None
    assert found.duration_ms == pytest.approx(2_000, abs=60)


def test_tags_and_time_of_creation(tmp_path: Path) -> None:
    tags = {"title": "Board\x07 meeting", "creation_time": "2024-05-06T07:08:09+02:00", "artist": "x" * 2_000}
    found = probe(encode(tmp_path / "a.m4a", by_suffix("m4a"), tone(1.0), tags))
    assert found.created_at == datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)
    assert found.tags["title"] == "Board  meeting"
    assert len(found.tags["artist"]) == LONGEST_VALUE
    assert "major_brand" not in found.tags


def test_tags_are_bounded_in_number(tmp_path: Path) -> None:
    tags = {f"key{index}": "value" for index in range(200)}
    assert len(probe(encode(tmp_path / "a.mkv", by_suffix("mkv"), tone(1.0), tags)).tags) == MOST_TAGS


@pytest.mark.parametrize("text", ["1904-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "yesterday"])
def test_a_camera_without_a_clock_has_no_time_of_creation(text: str, tmp_path: Path) -> None:
    assert probe(encode(tmp_path / "a.mkv", by_suffix("mkv"), tone(1.0), {"creation_time": text})).created_at is None


def test_a_recorder_that_writes_no_duration(tmp_path: Path) -> None:
    path = without_duration(tmp_path / "a.webm", 7.0)
    with av.open(str(path)) as container:
        assert container.duration is None
    assert probe(path).duration_ms == pytest.approx(7_000, abs=25)


def test_a_wave_file_that_promises_more_than_it_holds(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(10.0, 16_000))
    path.write_bytes(path.read_bytes()[: 44 + 4 * 32_000])
    assert probe(path).duration_ms == pytest.approx(4_000, abs=10)


def test_a_wave_file_written_to_a_pipe(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(5.0, 16_000))
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert probe(path).duration_ms == pytest.approx(5_000, abs=10)


def test_a_video_cut_off_behind_its_index(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), mode="w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("aac", rate=48_000, layout="mono", format="fltp")
        frame = av.AudioFrame.from_ndarray(tone(20.0)[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    assert 8_000 < probe(path).duration_ms < 14_000


def test_bit_rates_that_vary_do_not_fool_the_length(tmp_path: Path) -> None:
    loud = encode(
        tmp_path / "1.aac", by_suffix("aac"), np.random.default_rng(1).uniform(-1, 1, 48_000 * 3).astype("f4")
    )
    quiet = encode(tmp_path / "2.aac", by_suffix("aac"), np.zeros(48_000 * 30, np.float32))
    path = tmp_path / "a.aac"
    path.write_bytes(loud.read_bytes() + quiet.read_bytes())
    assert probe(path).duration_ms == pytest.approx(33_000, abs=120)


def test_too_long_is_refused_and_just_right_is_not(made: Callable[[str], Path]) -> None:
    assert reason(made("wav"), 5_999) == "too_long"
    assert probe(made("wav"), 6_000).duration_ms == 6_000


def test_progress_of_a_long_count_and_its_exceptions() -> None:
    heard: list[int] = []
    probe(DEMO / "team-meeting.mp3", on_progress=heard.append)
    assert heard == pytest.approx([30_000, 60_000], abs=100)
    with pytest.raises(InterruptedError):
        probe(DEMO / "team-meeting.mp3", on_progress=interrupt)


def interrupt(done_ms: int) -> None:
    raise InterruptedError


def reason(path: Path, max_duration_ms: int | None = None) -> str:
    with pytest.raises(MediaError) as caught:
        probe(path, max_duration_ms)
    return caught.value.reason


def test_text_named_like_music(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_text("This is not music, whatever the name says.\n" * 50)
    assert reason(path) == "not_media"


def test_other_refusals(tmp_path: Path) -> None:
    assert reason(silent_video(tmp_path / "a.mp4")) == "no_audio_stream"
    assert reason(unknown_codec(tmp_path / "a.wav")) == "unsupported_codec"
    assert reason(wav(tmp_path / "b.wav", np.empty(0, np.float32))) == "empty_audio"
    assert reason(silent_amr(tmp_path / "a.amr", 0)) in {"empty_audio", "corrupt_file"}


def test_a_picture_a_subtitle_and_a_midi_file(tmp_path: Path) -> None:
    srt, midi = tmp_path / "a.srt", tmp_path / "a.mid"
    srt.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    midi.write_bytes(b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60MTrk\x00\x00\x00\x04\x00\xff\x2f\x00")
    assert [reason(path) for path in (png(tmp_path / "a.png"), srt, midi)] == ["not_media"] * 3


@pytest.mark.parametrize("suffix", ["wav", "m4a", "flac", "webm", "wma"])
def test_a_file_cut_off_in_its_header_is_damaged(suffix: str, tmp_path: Path, made: Callable[[str], Path]) -> None:
    path = tmp_path / "cut"
    path.write_bytes(made(suffix).read_bytes()[:40])
    assert reason(path) == "corrupt_file"


def test_a_sample_rate_that_cannot_be_is_damage(tmp_path: Path) -> None:
    assert reason(wav(tmp_path / "a.wav", tone(1.0, 16_000), rate=1)) == "corrupt_file"


def test_a_file_of_no_bytes_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(b"")
    assert reason(path) == "empty_audio"


def test_a_header_with_nothing_decodable_behind_it_is_damaged(tmp_path: Path, made: Callable[[str], Path]) -> None:
    data = bytearray(made("m4a").read_bytes())
    start = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[start:end] = b"\xff" * (end - start)
    path = tmp_path / "a.m4a"
    path.write_bytes(data)
    assert reason(path) == "corrupt_file"


PLAYLISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile {target}\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    "mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
    "<AdaptationSet><Representation><BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("suffix", ["mp3", "own"])
def test_a_playlist_never_opens_another_file(
    kind: str, suffix: str, tmp_path: Path, made: Callable[[str], Path]
) -> None:
    (tmp_path / "sound.mp3").write_bytes(made("mp3").read_bytes())
    path = tmp_path / f"list.{kind if suffix == 'own' else suffix}"
    path.write_text(PLAYLISTS[kind].format(target="sound.mp3"))
    if kind == "ffconcat":  # what an unguarded reader does
        with av.open(str(path)) as container:
            assert container.streams.audio
    assert reason(path) == "not_media"
