"""pyannote.audio on its real code path, with a tiny pipeline that knows the voices of espeak only."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from media.audio.decode import decode
from tests.transcription.asr.conftest import DEMO, FIXTURES, SAMPLES, samples
from tests.transcription.asr.test_diarize import share_right
from transcription.asr import pipeline
from transcription.asr.diarize import pyannote, pyannote_models
from transcription.asr.diarize.pyannote import _vectors, diarize, stop_all
from transcription.asr.diarize.pyannote_models import PyannoteConfig, find_pipeline, is_installed, missing
from transcription.asr.options import DiarizationOptions, Method, Options
from transcription.asr.types import Diarization, EngineError, Stopped

PIPELINE = FIXTURES / "pyannote-tiny"
CONFIG = PyannoteConfig(str(PIPELINE), threads=1)
CLIP = SAMPLES / "mixed_en_ar.flac"
# `make setup-diarization` brings it; where it must be there, a skipped test has proven nothing.
installed = pytest.mark.skipif(
    not is_installed() and not os.environ.get("TADWIN_REQUIRE_PYANNOTE"), reason="needs make setup-diarization"
)


@pytest.fixture(autouse=True, scope="module")
def no_process_is_left() -> Iterator[None]:
    yield
    stop_all()


def options(method: Method = "auto", **limits: Any) -> Options:
    return Options("fake", "fake", diarization=DiarizationOptions(True, method, **limits))


def tell_apart(config: PyannoteConfig = CONFIG, limits: dict[str, Any] | None = None) -> Diarization:
    return diarize(decode(CLIP), DiarizationOptions(True, "pyannote", **(limits or {})), config)


def frames_right(found: Diarization, truth: list[dict[str, Any]]) -> float:
    """Share of the 10 ms frames in which both say that somebody speaks, and it is the same one."""
    names = {"A": "S1", "B": "S2"}
    said = {
        at: names[turn["speaker"]] for turn in truth for at in range(int(turn["start"] * 100), int(turn["end"] * 100))
    }
    heard = {at: turn.speaker for turn in found.turns for at in range(turn.start_ms // 10, turn.end_ms // 10)}
    both = said.keys() & heard.keys()
    assert len(both) > 0.9 * len(said)
    return sum(said[at] == heard[at] for at in both) / len(both)


@installed
def test_voices_are_told_apart() -> None:
    found = tell_apart()
    assert frames_right(found, samples()[CLIP.name]["turns"]) >= 0.95
    assert found.method == "pyannote"
    assert [turn.start_ms for turn in found.turns] == sorted(turn.start_ms for turn in found.turns)


@installed
def test_a_long_meeting(weights_dir: Path) -> None:
    """In the recording's own time, and with progress up to nearly its end."""
    reports: list[int] = []
    part = replace(options("pyannote", speakers=2), start_ms=14_000)
    found = pipeline.diarize(
        DEMO / "team-meeting.mp3", part, cache_dir=weights_dir, pyannote=CONFIG, on_progress=reports.append
    )
    assert found.reason == "asked"
    assert found.turns[0].start_ms >= 14_000
    assert max(reports) > 50_000
    assert reports == sorted(reports)
    whole = pipeline.diarize(
        DEMO / "team-meeting.mp3", options("pyannote", speakers=2), cache_dir=weights_dir, pyannote=CONFIG
    )
    assert share_right(whole.turns) >= 0.9


@installed
def test_turns_do_not_overlap() -> None:
    """Words can be given to one speaker at a time only."""
    turns = tell_apart().turns
    assert all(turn.end_ms <= after.start_ms for turn, after in pairwise(turns))


@installed
def test_voice_vectors_have_the_name_of_their_network() -> None:
    found = tell_apart()
    assert set(found.embeddings) == {turn.speaker for turn in found.turns} == {"S1", "S2"}
    assert found.model is not None
    assert found.model.startswith("pyannote-tiny@")
    lengths = [float(np.linalg.norm(vector)) for vector in found.embeddings.values()]
    assert lengths == pytest.approx([1.0, 1.0], abs=1e-3)


@installed
@pytest.mark.parametrize(("limits", "count"), [({"speakers": 1}, 1), ({"max_speakers": 1}, 1), ({"speakers": 2}, 2)])
def test_the_number_of_speakers_is_honoured(limits: dict[str, int], count: int) -> None:
    assert len({turn.speaker for turn in tell_apart(limits=limits).turns}) == count


@installed
def test_silence_has_no_speakers() -> None:
    assert diarize([np.zeros(48_000, np.float32)], DiarizationOptions(True), CONFIG).turns == ()
    assert diarize([], DiarizationOptions(True), CONFIG).turns == ()


@installed
@pytest.mark.slow
def test_one_process_serves_many_recordings_and_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "not-for-models")
    stop_all()
    tell_apart()
    (child,) = pyannote._children.values()
    known = dict(
        entry.split("=", 1) for entry in Path(f"/proc/{child._process.pid}/environ").read_text().split("\0") if entry
    )
    assert known["PYANNOTE_METRICS_ENABLED"] == "0"
    assert known["HF_HUB_OFFLINE"] == "1"
    assert not {"SECRET_KEY", "DATABASE_URL", "HF_TOKEN", "S3_SECRET_ACCESS_KEY"} & known.keys()
    tell_apart()
    assert list(pyannote._children.values()) == [child]
    assert child.asked == 2


@installed
@pytest.mark.slow
def test_the_process_is_replaced_when_it_is_old_or_large() -> None:
    for config in (replace(CONFIG, recycle_after=1), replace(CONFIG, most_memory_mb=50)):
        tell_apart(config)
        assert pyannote._children == {}


@installed
@pytest.mark.slow
def test_idle_processes_end() -> None:
    tell_apart()
    assert stop_all(idle_s=3_600) == 0
    assert stop_all() == 1


@installed
@pytest.mark.slow
def test_a_stop_ends_the_process() -> None:
    pids: list[int] = []

    def stop(_done_ms: int) -> None:
        pids.extend(child._process.pid for child in pyannote._children.values())
        raise Stopped

    with pytest.raises(Stopped):
        diarize(decode(CLIP), DiarizationOptions(True), CONFIG, on_progress=stop)
    assert pids and not psutil.pid_exists(pids[0])
    assert len(tell_apart().turns) > 1


@installed
def test_a_process_killed_by_the_system_is_out_of_memory() -> None:
    def kill(_done_ms: int) -> None:
        for child in pyannote._children.values():
            os.kill(child._process.pid, signal.SIGKILL)

    with pytest.raises(EngineError) as caught:
        diarize(decode(CLIP), DiarizationOptions(True), CONFIG, on_progress=kill)
    assert (caught.value.type, caught.value.retryable) == ("out_of_memory", True)


@installed
@pytest.mark.slow
def test_a_broken_pipeline_is_named(tmp_path: Path) -> None:
    shutil.copy(PIPELINE / "config.yaml", tmp_path)
    with pytest.raises(EngineError, match="could not be loaded") as caught:
        tell_apart(replace(CONFIG, model=str(tmp_path)))
    assert caught.value.type == "diarization_unavailable"
    assert str(tmp_path) in caught.value.message


@installed
def test_too_long_recordings_are_refused_before_they_are_looked_at() -> None:
    with pytest.raises(EngineError) as caught:
        tell_apart(replace(CONFIG, longest_ms=5_000))
    assert caught.value.type == "diarization_too_long"


@installed
def test_auto_takes_it_where_it_is_ready_and_says_so(weights_dir: Path) -> None:
    found = pipeline.diarize(CLIP, options(), cache_dir=weights_dir, pyannote=CONFIG)
    assert (found.method, found.reason) == ("pyannote", "pyannote_ready")
    call = pipeline.diarize(DEMO / "team-call-stereo.mp3", options(), cache_dir=weights_dir, pyannote=CONFIG)
    assert (call.method, call.reason) == ("channel", "channels_separated")


@installed
@pytest.mark.slow
def test_auto_goes_on_without_it_when_it_fails(weights_dir: Path) -> None:
    found = pipeline.diarize(CLIP, options(), cache_dir=weights_dir, pyannote=replace(CONFIG, longest_ms=1_000))
    assert (found.method, found.reason) == ("embedded", "pyannote_failed")
    assert [notice.type for notice in found.warnings] == ["pyannote_failed"]
    assert found.turns


def test_auto_does_without_it_where_it_is_not(weights_dir: Path, tmp_path: Path) -> None:
    nowhere = replace(CONFIG, model=str(tmp_path))
    found = pipeline.diarize(CLIP, options(), cache_dir=weights_dir, pyannote=nowhere)
    assert (found.method, found.reason, found.warnings) == ("embedded", "pyannote_absent", ())


def test_pipelines_are_found_without_the_network(tmp_path: Path) -> None:
    cache, models = tmp_path / "cache", tmp_path / "models"
    config = PyannoteConfig("someone/some-pipeline", model_dir=models)
    assert find_pipeline(config, hub_cache=cache) is None
    snapshot = cache / "models--someone--some-pipeline" / "snapshots" / "1234"
    own = models / "some-pipeline"
    for folder in (snapshot, own):
        folder.mkdir(parents=True)
        (folder / "config.yaml").touch()
        assert find_pipeline(config, hub_cache=cache) == folder
    assert find_pipeline(replace(config, model=str(snapshot))) == snapshot


def test_what_is_missing_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyannote_models, "is_installed", lambda: True)
    config = PyannoteConfig("someone/some-pipeline", model_dir=tmp_path)
    assert "Accept its terms" in str(missing(config))
    assert "models download pyannote" in str(missing(replace(config, token="hf_x")))
    assert missing(replace(config, token="hf_x", download_allowed=True)) is None
    assert "ASR_DIARIZATION_MODEL" in str(missing(replace(config, model=str(tmp_path))))
    monkeypatch.setattr(pyannote_models, "is_installed", lambda: False)
    assert "make setup-diarization" in str(missing(CONFIG))
    with pytest.raises(EngineError) as caught:
        tell_apart()
    assert caught.value.type == "diarization_unavailable"


def test_padding_and_broken_rows_are_nobodys_voice() -> None:
    rows = {"a": [3.0, 4.0], "b": [0.0, 0.0], "c": [float("nan"), 1.0], "d": None, "e": []}
    assert dict(_vectors(rows)) == {"a": (0.6, 0.8)}
