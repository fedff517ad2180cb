"""Models on disk: fetched from a hub, told when they are broken, removed again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from config.management.doctor import resources
from tests.local_server import Asked, Reply, serving
from tests.transcription.asr.conftest import WHISPER
from tests.transcription.model_folders import fill, run
from transcription.asr.engines import registry
from transcription.asr.engines.catalogue import Measured
from transcription.asr.hub import refusal
from transcription.asr.types import EngineError
from transcription.runner import bench
from transcription.runner import engines as runner_engines
from transcription.services import engines, model_files

pytestmark = pytest.mark.django_db


def test_a_script_that_cannot_be_asked_is_told_of_the_option(
    models_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(models_folder, "small")
    monkeypatch.setattr("sys.stdin", StringIO(""))
    with pytest.raises(CommandError, match="--yes"):
        run("remove", "small")
    assert (models_folder / "small").exists()


def test_only_what_lies_in_the_folder_is_removed(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = fill(tmp_path_factory.mktemp("outside"), "precious")
    fill(models_folder, "small")
    (models_folder / "linked").symlink_to(outside)
    cached = fill(models_folder, "models--Systran--faster-whisper-tiny/snapshots/1234")
    for name in ("linked", str(outside), "../outside"):
        with pytest.raises(CommandError, match="There is no model"):
            run("remove", name, "--yes")
    run("remove", "small", "--yes")
    run("remove", "tiny", "--yes")
    assert outside.exists()
    assert not (models_folder / "small").exists()
    assert not cached.parents[1].exists()


FILES = {"config.json": b"{}", "model.bin": b"weights", "tokenizer.json": b"{}", "README.md": b"not wanted"}
PIPELINE = {"config.yaml": b"pipeline: {}", "embedding/pytorch_model.bin": b"weights"}
TOKEN = "hf_right"


def hub_answer(asked: Asked) -> Reply:
    """As much of the Hugging Face hub as a download needs.

    `pyannote/...` and `gated/...` ask for a token whose owner agreed; the latter is a model that can be loaded.
    """
    path = asked.path.partition("?")[0]
    gated = "/pyannote/" in path or "/gated/" in path
    if gated and asked.headers.get("authorization") != f"Bearer {TOKEN}":
        return Reply(403, b"{}", {"X-Error-Code": "GatedRepo"})
    if "/missing/" in path:
        return Reply(404, b"{}", {"X-Error-Code": "RepoNotFound"})
    files = _whisper() if "/gated/" in path else PIPELINE if gated else FILES
    if "/tree/" in path:
        tree = [{"type": "file", "path": name, "size": len(files[name]), "oid": "b" * 40} for name in files]
        return Reply(200, json.dumps(tree).encode(), {"Content-Type": "application/json"})
    if path.startswith("/api/models/"):
        siblings = [{"rfilename": name} for name in files]
        body = json.dumps({"id": "x/y", "sha": "a" * 40, "siblings": siblings}).encode()
        return Reply(200, body, {"Content-Type": "application/json"})
    name = path.partition("/resolve/")[2].partition("/")[2]
    return Reply(200, files[name], {"ETag": f'"{len(files[name])}"', "X-Repo-Commit": "a" * 40})


def _whisper() -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in WHISPER.iterdir()}


@pytest.fixture
def hub() -> Iterator[str]:
    with serving() as server:
        server.answer = hub_answer
        yield server.url


def test_a_model_is_fetched_with_what_it_needs_only(models_folder: Path, hub: str) -> None:
    found = model_files.download("small", token="", endpoint=hub)
    assert found == models_folder / "small"
    assert (found / "model.bin").read_bytes() == b"weights"
    assert not (found / "README.md").exists()
    assert "small" in engines.installed()


def test_a_gated_pipeline_needs_a_token_and_consent(models_folder: Path, hub: str, settings: Any) -> None:
    settings.HF_TOKEN = ""
    with pytest.raises(EngineError, match="set HF_TOKEN") as caught:
        model_files.download("pyannote", token="", endpoint=hub)
    assert caught.value.type == "model_gated"
    settings.HF_TOKEN = "hf_of_somebody_else"
    with pytest.raises(EngineError, match="the account that the token belongs to"):
        model_files.download("pyannote", token="", endpoint=hub)
    settings.HF_TOKEN = TOKEN
    found = model_files.download("pyannote", token="", endpoint=hub)
    assert (found / "config.yaml").read_bytes() == b"pipeline: {}"
    assert found == models_folder / "speaker-diarization-community-1"
    assert model_files.download("pyannote", token="", endpoint="http://127.0.0.1:9") == found, "nothing is asked again"


def test_a_worker_fetches_what_is_asked_for(
    models_folder: Path, hub: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub)
    address = f"{hub}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", address)
    settings.ASR_ALLOW_DOWNLOAD, settings.HF_TOKEN = True, ""
    with pytest.raises(EngineError) as caught:
        registry.create("faster_whisper", runner_engines.engine_config("faster_whisper", "gated/whisper"))
    assert caught.value.type == "model_gated"
    settings.HF_TOKEN = TOKEN
    registry.create("faster_whisper", runner_engines.engine_config("faster_whisper", "gated/whisper"))
    assert (models_folder / "gated" / "whisper" / "model.bin").is_file()


def test_what_the_hub_does_not_have_is_said(models_folder: Path, hub: str) -> None:
    with pytest.raises(EngineError) as caught:
        model_files.download("missing/model", token="", endpoint=hub)
    assert caught.value.type == "model_missing"
    with pytest.raises(EngineError) as caught:
        model_files.download("small", token="", endpoint="http://127.0.0.1:9")
    assert (caught.value.type, caught.value.retryable) == ("model_unreachable", True)
    for name in ("smal", "../etc/passwd"):
        with pytest.raises(EngineError, match="no Whisper model called"):
            model_files.download(name, token="", endpoint=hub)
    assert list(models_folder.iterdir()) == [], "nothing is left of what could not be fetched"


def test_a_folder_that_takes_no_model_is_not_taken_for_a_bad_network(
    models_folder: Path, hub: str, settings: Any
) -> None:
    settings.ASR_MODEL_DIR = str(models_folder / "file")
    (models_folder / "file").write_bytes(b"")
    with pytest.raises(EngineError, match="Not a directory") as caught:
        model_files.download("small", token="", endpoint=hub)
    assert (caught.value.type, caught.value.retryable) == ("model_folder_unwritable", False)
    with pytest.raises(EngineError, match="cannot be written"):
        bench.remember("small", Measured(6.5, 900, "cpu", "int8", "2026-11-21T12:00:00+00:00"))


def test_weights_without_their_tokenizer_are_named(models_folder: Path) -> None:
    fill(models_folder, "ours")
    fill(models_folder, "alignment/ar")
    for model in ("ours", "alignment/ar"):
        (models_folder / model / "tokenizer.json").unlink()
    assert f"{models_folder / 'ours'} is incomplete, without tokenizer.json" in run("list")
    told = {one.name: one for one in resources.models()}
    assert "Missing: tokenizer.json" in told["ours"].hint
    assert "alignment" not in run("list").partition("incomplete")[0], "models of word times need none"


def test_what_a_broken_download_left_can_be_removed(models_folder: Path) -> None:
    (models_folder / "small" / ".cache" / "huggingface").mkdir(parents=True)
    (models_folder / "alignment").mkdir()
    run("remove", "small", "--yes")
    assert not (models_folder / "small").exists()
    with pytest.raises(CommandError, match="There is no model"):
        run("remove", "alignment", "--yes")


def test_doctor_asks_whether_the_terms_were_accepted(hub: str) -> None:
    name = "pyannote/speaker-diarization-community-1"
    assert refusal(name, TOKEN, endpoint=hub) is None
    assert "Accept its terms" in str(refusal(name, "hf_other", endpoint=hub))
    assert "network" in str(refusal(name, TOKEN, endpoint="http://127.0.0.1:9"))
