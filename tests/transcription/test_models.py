"""The catalogue of models: in the API, on its page, on the command line, and what decides about queues."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from config import heartbeat
from config.common import liveness
from config.common.errors import Invalid
from config.common.liveness import Worker
from config.management.doctor import resources
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.local_server import Asked, Reply, serving
from tests.transcription.asr.conftest import FIXTURES, WHISPER
from transcription.asr.align import models as alignment
from transcription.asr.engines import catalogue
from transcription.asr.engines.catalogue import KNOWN, Measured
from transcription.asr.engines.whisper_models import MODEL_FILES, REPOSITORIES
from transcription.asr.hub import refusal
from transcription.asr.types import EngineError
from transcription.runner import bench
from transcription.services import engines, model_files, models
from transcription.services.options import resolve
from transcription.states import Queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """A models' folder of our own, and recognition chosen as on a real server."""
    settings.ASR_MODEL_DIR, settings.ASR_ENGINE = str(tmp_path), "auto"
    return tmp_path


@pytest.fixture
def no_workers() -> Iterator[None]:
    yield
    for worker in liveness.alive():
        liveness.forget(worker.name)


def fill(folder: Path, name: str, size: int = 3) -> Path:
    """A folder that looks like a model; `size` bytes of it are a hole and take no room."""
    (folder / name).mkdir(parents=True)
    for file in MODEL_FILES:
        (folder / name / file).write_bytes(b"{}")
    os.truncate(folder / name / "model.bin", size)
    return folder / name


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("models", *arguments, stdout=out)
    return out.getvalue()


def test_every_model_of_the_library_has_figures_with_a_source() -> None:
    assert set(REPOSITORIES) <= set(KNOWN)
    assert all(known.sources for known in KNOWN.values())


def test_the_api_tells_what_models_cost(api: Callable[..., ApiClient], alice: User, folder: Path) -> None:
    fill(folder, "small")
    catalogue.remember(folder, "small", Measured(6.5, 900, "cpu", "int8", "2026-11-21T12:00:00+00:00"))
    rows = {row["name"]: row for row in api(alice).get("/models").json()["data"]}
    small, large = rows["small"], rows["large-v3"]
    assert (small["is_present"], small["is_default"], small["queue"]) == (True, True, "small")
    assert small["measured"]["memory_mb"] == 900
    assert (small["relative_speed"], small["word_errors_arabic"]) == (4, 28.0)
    assert (large["is_present"], large["disk_mb"], large["gpu_memory_gb"], large["queue"]) == (False, 3090, 10, "large")
    assert large["measured"] is None
    assert large["sources"]


def test_folders_of_ones_own_can_be_named_by_jobs(folder: Path, api: Callable[..., ApiClient], alice: User) -> None:
    fill(folder, "ours")
    fill(folder, "someone/theirs", 1_000_000_000)
    rows = {row["name"]: row for row in api(alice).get("/models").json()["data"]}
    assert rows["ours"]["is_present"]
    assert rows["ours"]["sources"] == []
    assert rows["someone/theirs"]["disk_mb"] == 1_000
    resolved = resolve({"model": "ours"})
    assert (resolved.options.engine, resolved.options.model, resolved.queue) == ("faster_whisper", "ours", Queue.SMALL)


@pytest.mark.parametrize("name", ["theirs", "../ours", "/etc", "ours/../ours"])
def test_other_folders_cannot(folder: Path, api: Callable[..., ApiClient], alice: User, name: str) -> None:
    fill(folder, "ours")
    with pytest.raises(Invalid):
        resolve({"model": name})


@pytest.mark.parametrize(
    ("model", "size", "queue"),
    [
        ("own", 400_000_000, Queue.SMALL),
        ("own", 1_500_000_000, Queue.MEDIUM),
        ("own", 3_100_000_000, Queue.LARGE),
        ("absent", 0, Queue.DEFAULT),
        ("medium.en", 0, Queue.MEDIUM),
        ("large-v3-turbo", 0, Queue.LARGE),
        ("tiny", 0, Queue.SMALL),
    ],
)
def test_models_go_to_the_queue_of_their_size(folder: Path, model: str, size: int, queue: Queue) -> None:
    fill(folder, "own", size or 3)
    assert engines.queue_of("faster_whisper", model) == queue
    assert engines.queue_of("faster_whisper", str(folder / model)) == (queue if model == "own" else Queue.DEFAULT)
    assert engines.queue_of("embedded", "moonshine-tiny-en") == Queue.DEFAULT


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ({"model": "small", "language": "zz"}, "language", "language_unsupported"),
        ({"model": "small.en", "language": "ar"}, "language", "language_unsupported"),
        ({"model": "small.en", "task": "translate"}, "task", "translation_unsupported"),
        ({"model": "large-v3-turbo", "task": "translate"}, "task", "translation_unsupported"),
        ({"model": "distil-large-v3", "task": "translate"}, "task", "translation_unsupported"),
    ],
)
def test_what_a_model_does_not_know_is_refused_at_once(
    folder: Path, asked: dict[str, str], field: str, code: str
) -> None:
    """And not by a worker, hours later."""
    with pytest.raises(Invalid) as caught:
        resolve(asked)
    assert (caught.value.errors[0].field, caught.value.errors[0].code) == (field, code)
    resolve({"model": "small", "language": "yue", "task": "translate"})
    resolve({"model": "small.en", "language": "en-GB"})


def test_workers_tell_which_models_they_have(
    folder: Path, no_workers: None, api: Callable[..., ApiClient], alice: User, settings: Any, tmp_path: Path
) -> None:
    """The web server's own disk has none of them."""
    fill(folder, "medium")
    fill(folder, "ours")
    settings.ASR_DIARIZATION_MODEL = str(tmp_path / "nothing")
    heartbeat._beat(Worker("w@host", ("default", "diarize"), "faster_whisper", "medium"))
    settings.ASR_MODEL_DIR = str(tmp_path / "elsewhere")
    rows = {row["name"]: row for row in api(alice).get("/models").json()["data"]}
    assert rows["medium"]["is_present"] and rows["medium"]["is_default"]
    assert rows["ours"]["is_present"]
    assert not rows["small"]["is_present"]
    assert not engines.has_pyannote()
    liveness.beat(Worker("v@host", ("diarize",), pyannote=True))
    assert engines.has_pyannote()


def test_an_engine_that_only_workers_know_is_no_default(no_workers: None, folder: Path) -> None:
    """A job that names none would be refused by the web process, which cannot judge it."""
    fill(folder, "medium")
    liveness.beat(Worker("a@host", ("default",), "brand_new", "brand_new"))
    assert engines.default() == ("faster_whisper", "medium")
    assert ("brand_new", "brand_new") not in engines.offers()


def test_signs_of_life_of_other_versions_are_read(no_workers: None) -> None:
    said = {"name": "new@host", "queues": ["light"], "engine": "", "model": "", "colour": "green"}
    liveness.client().set(liveness.PREFIX + "new@host", json.dumps(said), ex=5)
    old = {"name": "old@host", "queues": ["light"]}
    liveness.client().set(liveness.PREFIX + "old@host", json.dumps(old), ex=5)
    assert {worker.name for worker in liveness.alive()} >= {"new@host", "old@host"}


def test_the_page_tells_what_is_used_and_what_can_be_added(
    client_for: Callable[[User], Client], alice: User, organization: Organization, folder: Path
) -> None:
    fill(folder, "small")
    page = client_for(alice).get(f"/o/{organization.slug}/models").content.decode()
    ready, _, addable = page.partition("Can be added")
    assert "Used by “auto”" in ready
    assert '<b dir="ltr">small</b>' in ready
    assert "large-v3-turbo" in addable
    assert "README of openai/whisper" in addable


def test_the_list_on_the_command_line(folder: Path) -> None:
    fill(folder, "small")
    assert "large-v3" in run("list")
    here = run("list", "--here")
    assert ">*small" in here
    assert "large-v3 " not in here
    row = next(line for line in here.splitlines() if line.startswith(">*small"))
    assert row.split()[-4:] == ["c", "d", "e", "f"], "every figure's source by its letter"
    assert "d  README of openai/whisper" in here
    assert "distil-whisper" not in here


def test_a_file_of_measurements_that_somebody_spoilt_hides_no_model(
    folder: Path, api: Callable[..., ApiClient], alice: User
) -> None:
    (folder / catalogue.MEASURED).write_text('{"small": {"speed"')
    assert api(alice).get("/models").status_code == 200
    catalogue.remember(folder, "small", Measured(6.5, 900, "cpu", "int8", "2026-11-21T12:00:00+00:00"))
    assert catalogue.measured(folder)["small"].memory_mb == 900


def test_models_of_word_times_are_told_by_their_language(
    client_for: Callable[[User], Client], alice: User, organization: Organization, folder: Path
) -> None:
    """The built-in one for English, a whole model, one without its letters, and none."""
    for language in ("fr", "ar"):
        (folder / "alignment" / language).mkdir(parents=True)
        for file in alignment.MODEL_FILES[: None if language == "fr" else 2]:
            (folder / "alignment" / language / file).write_bytes(b"{}")
    found = {one.language: (one.is_here, one.lacking) for one in models.word_times()}
    assert found == {"ar": (False, ("vocab.json",)), "en": (True, ()), "fr": (True, ())}
    listed = run("list")
    assert "word times, en      here" in listed
    assert "word times, ar      incomplete, without vocab.json" in listed
    page = client_for(alice).get(f"/o/{organization.slug}/models").content.decode()
    assert str(folder / "alignment" / "ar") in page
    assert "Incomplete" in page
    told = {one.name: one for one in resources.models()}
    assert "found in: en, fr." in told["word times"].detail
    assert "vocab.json" in told["word times (ar)"].hint


def test_a_model_is_measured_in_a_process_of_its_own(folder: Path) -> None:
    shutil.copytree(WHISPER, folder / "whisper-espeak")
    clip = FIXTURES / "whisper-espeak-samples" / "en_long.ogg"
    told = run("bench", "whisper-espeak", "--file", str(clip))
    found = catalogue.measured(folder)["whisper-espeak"]
    assert found.speed > 0.5
    assert 20 < found.memory_mb < 2_000
    assert (found.device, found.compute_type) == ("cpu", "int8")
    assert f"{found.memory_mb} MB" in told
    assert "loads in" in run("warm", "whisper-espeak")


def test_measuring_what_is_not_there_says_so(folder: Path) -> None:
    with pytest.raises(CommandError, match="Put a converted model into MODEL_DIR") as caught:
        run("bench", "small")
    assert str(caught.value).startswith("The Whisper model"), "said once, by the process that measures"
    assert str(folder) not in str(caught.value), "jobs fail with the same sentence, and anybody reads those"
    with pytest.raises(CommandError, match="no Whisper model"):
        run("warm", "smal")


def test_a_script_that_cannot_be_asked_is_told_of_the_option(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(folder, "small")
    monkeypatch.setattr("sys.stdin", StringIO(""))
    with pytest.raises(CommandError, match="--yes"):
        run("remove", "small")
    assert (folder / "small").exists()


def test_only_what_lies_in_the_folder_is_removed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = fill(tmp_path_factory.mktemp("outside"), "precious")
    fill(folder, "small")
    (folder / "linked").symlink_to(outside)
    cached = fill(folder, "models--Systran--faster-whisper-tiny/snapshots/1234")
    for name in ("linked", str(outside), "../outside"):
        with pytest.raises(CommandError, match="There is no model"):
            run("remove", name, "--yes")
    run("remove", "small", "--yes")
    run("remove", "tiny", "--yes")
    assert outside.exists()
    assert not (folder / "small").exists()
    assert not cached.parents[1].exists()


FILES = {"config.json": b"{}", "model.bin": b"weights", "tokenizer.json": b"{}", "README.md": b"not wanted"}
PIPELINE = {"config.yaml": b"pipeline: {}", "embedding/pytorch_model.bin": b"weights"}
TOKEN = "hf_right"


def hub_answer(asked: Asked) -> Reply:
    """As much of the Hugging Face hub as a download needs; `pyannote/...` asks for a token whose owner agreed."""
    path = asked.path.partition("?")[0]
    gated = "/pyannote/" in path
    if gated and asked.headers.get("authorization") != f"Bearer {TOKEN}":
        return Reply(403, b"{}", {"X-Error-Code": "GatedRepo"})
    if "/missing/" in path:
        return Reply(404, b"{}", {"X-Error-Code": "RepoNotFound"})
    files = PIPELINE if gated else FILES
    if "/tree/" in path:
        tree = [{"type": "file", "path": name, "size": len(files[name]), "oid": "b" * 40} for name in files]
        return Reply(200, json.dumps(tree).encode(), {"Content-Type": "application/json"})
    if path.startswith("/api/models/"):
        siblings = [{"rfilename": name} for name in files]
        body = json.dumps({"id": "x/y", "sha": "a" * 40, "siblings": siblings}).encode()
        return Reply(200, body, {"Content-Type": "application/json"})
    name = path.partition("/resolve/")[2].partition("/")[2]
    return Reply(200, files[name], {"ETag": f'"{len(files[name])}"', "X-Repo-Commit": "a" * 40})


@pytest.fixture
def hub() -> Iterator[str]:
    with serving() as server:
        server.answer = hub_answer
        yield server.url


def test_a_model_is_fetched_with_what_it_needs_only(folder: Path, hub: str) -> None:
    found = model_files.download("small", token="", endpoint=hub)
    assert found == folder / "small"
    assert (found / "model.bin").read_bytes() == b"weights"
    assert not (found / "README.md").exists()
    assert "small" in engines.installed()


def test_a_gated_pipeline_needs_a_token_and_consent(folder: Path, hub: str, settings: Any) -> None:
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
    assert found == folder / "speaker-diarization-community-1"
    assert model_files.download("pyannote", token="", endpoint="http://127.0.0.1:9") == found, "nothing is asked again"


def test_what_the_hub_does_not_have_is_said(folder: Path, hub: str) -> None:
    with pytest.raises(EngineError) as caught:
        model_files.download("missing/model", token="", endpoint=hub)
    assert caught.value.type == "model_missing"
    with pytest.raises(EngineError) as caught:
        model_files.download("small", token="", endpoint="http://127.0.0.1:9")
    assert (caught.value.type, caught.value.retryable) == ("model_unreachable", True)
    for name in ("smal", "../etc/passwd"):
        with pytest.raises(EngineError, match="no Whisper model called"):
            model_files.download(name, token="", endpoint=hub)
    assert list(folder.iterdir()) == [], "nothing is left of what could not be fetched"


def test_a_folder_that_takes_no_model_is_not_taken_for_a_bad_network(folder: Path, hub: str, settings: Any) -> None:
    settings.ASR_MODEL_DIR = str(folder / "file")
    (folder / "file").write_bytes(b"")
    with pytest.raises(EngineError, match="Not a directory") as caught:
        model_files.download("small", token="", endpoint=hub)
    assert (caught.value.type, caught.value.retryable) == ("model_folder_unwritable", False)
    with pytest.raises(EngineError, match="cannot be written"):
        bench.remember("small", Measured(6.5, 900, "cpu", "int8", "2026-11-21T12:00:00+00:00"))


def test_weights_without_their_tokenizer_are_named(folder: Path) -> None:
    fill(folder, "ours")
    fill(folder, "alignment/ar")
    for model in ("ours", "alignment/ar"):
        (folder / model / "tokenizer.json").unlink()
    assert f"{folder / 'ours'} is incomplete, without tokenizer.json" in run("list")
    told = {one.name: one for one in resources.models()}
    assert "Missing: tokenizer.json" in told["ours"].hint
    assert "alignment" not in run("list").partition("incomplete")[0], "models of word times need none"


def test_what_a_broken_download_left_can_be_removed(folder: Path) -> None:
    (folder / "small" / ".cache" / "huggingface").mkdir(parents=True)
    (folder / "alignment").mkdir()
    run("remove", "small", "--yes")
    assert not (folder / "small").exists()
    with pytest.raises(CommandError, match="There is no model"):
        run("remove", "alignment", "--yes")


def test_doctor_asks_whether_the_terms_were_accepted(hub: str) -> None:
    name = "pyannote/speaker-diarization-community-1"
    assert refusal(name, TOKEN, endpoint=hub) is None
    assert "Accept its terms" in str(refusal(name, "hf_other", endpoint=hub))
    assert "network" in str(refusal(name, TOKEN, endpoint="http://127.0.0.1:9"))
