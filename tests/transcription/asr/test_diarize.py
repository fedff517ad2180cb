"""Who speaks when: by voice and by channel, on the demo meeting and on made-up levels."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from media.audio.decode import decode, write_flac
from tests.transcription.asr.conftest import DEMO, SAMPLES, meeting
from transcription.asr import pipeline
from transcription.asr.diarize import channel as by_channel
from transcription.asr.diarize.base import choose, joined
from transcription.asr.diarize.checkpoint import read_checkpoint
from transcription.asr.diarize.clustering import cluster
from transcription.asr.diarize.embedded import windows_of
from transcription.asr.diarize.voices import unit
from transcription.asr.options import DiarizationOptions, Method, Options
from transcription.asr.types import Diarization, EngineError, Span, Turn


def options(method: Method = "auto", **limits: Any) -> Options:
    return Options("embedded", "tiny-en", diarization=DiarizationOptions(True, method, **limits))


def share_right(turns: tuple[Turn, ...]) -> float:
    """Share of the 10 ms frames that both call speech in which the speaker is right, names matched at best."""
    frames = np.arange(0, 66_000, 10)
    truth, found = (np.zeros(len(frames), int) for _ in range(2))
    for segment in meeting()["segments"]:
        truth[(frames >= segment["start"] * 1000) & (frames < segment["end"] * 1000)] = 1 + "AB".index(
            segment["speaker"]
        )
    names = sorted({turn.speaker for turn in turns})
    for turn in turns:
        found[(frames >= turn.start_ms) & (frames < turn.end_ms)] = 1 + names.index(turn.speaker)
    both = (truth > 0) & (found > 0)
    assert both.sum() > 0.85 * (truth > 0).sum()
    pairings = permutations(range(1, len(names) + 1), min(2, len(names)))
    agreed = [sum(int(((truth == i) & (found == k)).sum()) for i, k in enumerate(p, start=1)) for p in pairings]
    return max(agreed) / int(both.sum())


def test_voices_of_the_meeting(by_voice: Diarization) -> None:
    assert by_voice.method == "embedded"
    assert share_right(by_voice.turns) >= 0.98
    assert list(by_voice.embeddings) == ["S1", "S2"] == list(dict.fromkeys(turn.speaker for turn in by_voice.turns))
    assert [turn.start_ms for turn in by_voice.turns] == sorted(turn.start_ms for turn in by_voice.turns)


def test_voice_vectors_tell_people_apart(by_voice: Diarization) -> None:
    first, second = (np.array(by_voice.embeddings[name]) for name in ("S1", "S2"))
    assert np.linalg.norm(first) == pytest.approx(1, abs=1e-3)
    assert first.shape == (256,)
    assert first @ second < 0.8
    assert by_voice.model == "resemblyzer-0.1.4"


def test_weights_are_converted_once(by_voice: Diarization, weights_dir: Path) -> None:
    (cached,) = weights_dir.iterdir()
    before = cached.stat().st_mtime_ns
    again = pipeline.diarize(DEMO / "team-meeting.mp3", replace(options(), end_ms=14_000), cache_dir=weights_dir)
    assert cached.stat().st_mtime_ns == before
    assert {turn.speaker for turn in again.turns} == {"S1", "S2"}
    assert max(turn.end_ms for turn in again.turns) <= 14_000


@pytest.mark.parametrize(("limits", "count"), [({"speakers": 1}, 1), ({"speakers": 3}, 3), ({"max_speakers": 1}, 1)])
def test_the_number_of_speakers_is_honoured(weights_dir: Path, limits: dict[str, Any], count: int) -> None:
    short = replace(options(**limits), end_ms=14_000)
    found = pipeline.diarize(DEMO / "team-meeting.mp3", short, cache_dir=weights_dir)
    assert len({turn.speaker for turn in found.turns}) == count


def test_channels_of_the_call(weights_dir: Path) -> None:
    reports: list[int] = []
    found = pipeline.diarize(
        DEMO / "team-call-stereo.mp3", options(), cache_dir=weights_dir, on_progress=reports.append
    )
    assert found.method == "channel"
    assert share_right(found.turns) >= 0.98
    assert reports[-1] == pytest.approx(66_000, abs=300)


def test_who_speaks_at_once_on_two_channels_is_said() -> None:
    half = np.full(100, -20, np.float32)
    quiet = np.full(100, -60, np.float32)
    decibels = stereo(np.concatenate([half, half, quiet]), np.concatenate([quiet, half, half]))
    found = by_channel.diarize([[Span(0, 2_000)], [Span(0, 3_000)]], decibels, offset_ms=500)
    assert [(turn.start_ms, turn.end_ms) for turn in found.turns] == [(500, 2_000), (1_500, 3_000)]
    assert found.overlaps == (Span(1_500, 2_000),)


def test_one_channel_cannot_be_told_apart_by_channel(weights_dir: Path) -> None:
    with pytest.raises(EngineError, match="one channel") as caught:
        pipeline.diarize(SAMPLES / "en_meeting.ogg", options("channel"), cache_dir=weights_dir)
    assert caught.value.type == "diarization_unavailable"


def stereo(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.stack([left, right]).astype(np.float32)


def test_dual_mono_is_noticed_and_heard_by_voice(tmp_path: Path, weights_dir: Path) -> None:
    import av

    mono = np.concatenate(list(decode(DEMO / "team-meeting.mp3", end_ms=14_000)))
    path = tmp_path / "dual.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16_000, layout="stereo")
        both = (np.stack([mono, 0.5 * mono]).T.reshape(1, -1) * 30_000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(both, format="s16", layout="stereo")
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    found = pipeline.diarize(path, options("channel"), cache_dir=weights_dir)
    assert found.method == "embedded"
    assert [notice.type for notice in found.warnings] == ["dual_mono"]
    assert pipeline.diarize(path, options(), cache_dir=weights_dir).warnings == ()
    chunks = list(pipeline.prepare(path, replace(options(), channels="split")))
    assert [chunk.channel for chunk in chunks] == [None]


def test_silence_has_no_speakers(tmp_path: Path, weights_dir: Path) -> None:
    path = tmp_path / "silence.flac"
    write_flac(path, [np.zeros(32_000, np.float32)])
    assert pipeline.diarize(path, options(), cache_dir=weights_dir).turns == ()


def test_choice_of_method() -> None:
    def chosen(method: Method, *, separated: bool, pyannote: bool = True) -> tuple[str, str]:
        return choose(method, channels=2, separated=separated, pyannote=pyannote)

    assert chosen("auto", separated=True) == ("channel", "channels_separated")
    assert chosen("auto", separated=False) == ("pyannote", "pyannote_ready")
    assert chosen("auto", separated=False, pyannote=False) == ("embedded", "pyannote_absent")
    assert chosen("embedded", separated=True) == ("embedded", "asked")
    assert chosen("channel", separated=True) == ("channel", "asked")
    assert chosen("channel", separated=False) == ("embedded", "channels_not_separated")
    assert chosen("pyannote", separated=True, pyannote=False) == ("pyannote", "asked")


def test_crosstalk_is_not_speech_of_its_channel() -> None:
    """Left speaks 0 to 2 s and leaks into the right, 20 dB lower; right answers from 3 to 4 s."""
    decibels = np.full((2, 500), -80, np.float32)
    decibels[0, :200], decibels[1, :200] = -20, -40
    decibels[1, 300:400] = -25
    assert by_channel.are_separated(decibels)
    found = by_channel.diarize(
        [[Span(1_000, 3_050)], [Span(1_000, 3_000), Span(3_900, 5_100)]], decibels, offset_ms=1_000
    )
    assert found.turns == (Turn(1_000, 3_000, "S1"), Turn(4_000, 5_000, "S2"))
    assert not by_channel.are_separated(decibels[:1])
    assert not by_channel.are_separated(np.stack([decibels[0], decibels[0] - 12]))
    assert by_channel.is_dual_mono(np.stack([decibels[0], decibels[0] - 12]))
    assert not by_channel.is_dual_mono(decibels)


def test_pauses_stay_around_words_while_somebody_else_speaks() -> None:
    """Left speaks all the time; right, in silence of its own, from 1 to 2 s, softly at first. Then left leaks."""
    decibels = np.full((2, 500), -90, np.float32)
    decibels[0] = -20
    decibels[1, 100:104], decibels[1, 104:200], decibels[1, 300:400] = -40, -20, -40
    own, others = by_channel.own_frames(decibels), by_channel.others_frames(decibels)
    spans = [Span(703, 2_297), Span(2_901, 4_100)]
    assert list(by_channel.without_others(spans, own[1], others[1])) == [Span(703, 2_297)]
    assert list(by_channel.without_others([Span(1_500, 3_500)], own[1], others[1])) == [Span(1_500, 3_030)]


def test_levels_do_not_depend_on_blocks() -> None:
    audio = stereo(*np.random.default_rng(1).standard_normal((2, 16_000)))
    whole = by_channel.levels([audio])
    parts = by_channel.levels([audio[:, :777], audio[:, 777:5_000], audio[:, 5_000:]])
    assert whole.shape == (2, 100)
    assert np.allclose(whole, parts)


def test_short_turns_of_one_speaker_are_joined() -> None:
    turns = [Turn(0, 100, "S1"), Turn(150, 300, "S1"), Turn(310, 400, "S2"), Turn(700, 800, "S2")]
    assert joined(turns, gap_ms=60) == [Turn(0, 300, "S1"), Turn(310, 400, "S2"), Turn(700, 800, "S2")]


def test_windows_cover_a_region_and_end_with_it() -> None:
    assert list(windows_of(Span(500, 900))) == [Span(500, 900)]
    found = list(windows_of(Span(1_000, 3_500)))
    assert found[0] == Span(1_000, 2_600)
    assert found[-1] == Span(1_900, 3_500)
    assert all(window.duration_ms == 1_600 for window in found)


def test_clusters_are_found_and_bounded() -> None:
    random = np.random.default_rng(2)
    people = unit(random.standard_normal((3, 64)))
    vectors = unit(np.repeat(people, 40, axis=0) + 0.05 * random.standard_normal((120, 64)))
    free = cluster(vectors)
    assert len(free.centers) == 3
    assert len(set(free.labels[:40])) == len(set(free.labels[40:80])) == 1
    assert len(cluster(vectors, fewest=1, most=2).centers) <= 2
    assert len(cluster(vectors, fewest=5, most=6).centers) in {5, 6}
    assert len(cluster(vectors[:1]).centers) == 1


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("run by a model file",)


def test_a_model_file_cannot_run_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "evil.pt"
    path.write_bytes(b"".join(map(pickle.dumps, [1, 2, {}, OrderedDict(model_state=Evil())])))
    with pytest.raises(pickle.UnpicklingError, match="not allowed"):
        read_checkpoint(path)
    assert capsys.readouterr().out == ""


def test_without_the_wheel_speakers_are_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transcription.asr.diarize.checkpoint.find_spec", lambda name: None)
    with pytest.raises(EngineError, match="resemblyzer") as caught:
        pipeline.diarize(DEMO / "team-meeting.mp3", options("embedded"), cache_dir=tmp_path)
    assert caught.value.type == "diarization_unavailable"
