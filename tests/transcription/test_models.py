"""The catalogue of models: in the API, on its page, on the command line, and what decides about queues."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.test import Client

from accounts.models import User
from config import heartbeat
from config.common import liveness
from config.common.errors import Invalid
from config.common.liveness import Worker
from config.management.doctor import resources
from organizations.models import Organization
from tests.api_client import ApiClient
from tests.transcription.asr.conftest import FIXTURES, WHISPER
from tests.transcription.model_folders import fill, run
from transcription.asr.align import models as alignment
from transcription.asr.engines import catalogue
from transcription.asr.engines.catalogue import KNOWN, Measured
from transcription.asr.engines.whisper_models import REPOSITORIES
from transcription.services import engines, models
from transcription.services.options import resolve
from transcription.states import Queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_workers() -> Iterator[None]:
    yield
    for worker in liveness.alive():
        liveness.forget(worker.name)


def test_every_model_of_the_library_has_figures_with_a_source() -> None:
    assert set(REPOSITORIES) <= set(KNOWN)
    assert all(known.sources for known in KNOWN.values())


def test_the_api_tells_what_models_cost(api: Callable[..., ApiClient], alice: User, models_folder: Path) -> None:
    fill(models_folder, "small")
    catalogue.remember(models_folder, "small", Measured(6.5, 900, "cpu", "int8", "2026-11-21T12:00:00+00:00"))
    rows = {row["name"]: row for row in api(alice).get("/models").json()["data"]}
    small, large = rows["small"], rows["large-v3"]
    assert (small["is_present"], small["is_default"], small["queue"]) == (True, True, "small")
    assert small["measured"]["memory_mb"] == 900
    assert (small["relative_speed"], small["word_errors_arabic"]) == (4, 28.0)
    assert (large["is_present"], large["disk_mb"], large["gpu_memory_gb"], large["queue"]) == (False, 3090, 10, "large")
    assert large["measured"] is None
    assert large["sources"]


def test_folders_of_ones_own_can_be_named_by_jobs(
    models_folder: Path, api: Callable[..., ApiClient], alice: User
) -> None:
    fill(models_folder, "ours")
    fill(models_folder, "someone/theirs", 1_000_000_000)
    rows = {row["name"]: row for row in api(alice).get("/models").json()["data"]}
    assert rows["ours"]["is_present"]
    assert rows["ours"]["sources"] == []
    assert rows["someone/theirs"]["disk_mb"] == 1_000
    resolved = resolve({"model": "ours"})
    assert (resolved.options.engine, resolved.options.model, resolved.queue) == ("faster_whisper", "ours", Queue.SMALL)


@pytest.mark.parametrize("name", ["theirs", "../ours", "/etc", "ours/../ours"])
def test_other_folders_cannot(models_folder: Path, api: Callable[..., ApiClient], alice: User, name: str) -> None:
    fill(models_folder, "ours")
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
def test_models_go_to_the_queue_of_their_size(models_folder: Path, model: str, size: int, queue: Queue) -> None:
    fill(models_folder, "own", size or 3)
    assert engines.queue_of("faster_whisper", model) == queue
    assert engines.queue_of("faster_whisper", str(models_folder / model)) == (
        queue if model == "own" else Queue.DEFAULT
    )
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
    models_folder: Path, asked: dict[str, str], field: str, code: str
) -> None:
    """And not by a worker, hours later."""
    with pytest.raises(Invalid) as caught:
        resolve(asked)
    assert (caught.value.errors[0].field, caught.value.errors[0].code) == (field, code)
    resolve({"model": "small", "language": "yue", "task": "translate"})
    resolve({"model": "small.en", "language": "en-GB"})


def test_workers_tell_which_models_they_have(
    models_folder: Path, no_workers: None, api: Callable[..., ApiClient], alice: User, settings: Any, tmp_path: Path
) -> None:
    """The web server's own disk has none of them."""
    fill(models_folder, "medium")
    fill(models_folder, "ours")
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


def test_an_engine_that_only_workers_know_is_no_default(no_workers: None, models_folder: Path) -> None:
    """A job that names none would be refused by the web process, which cannot judge it."""
    fill(models_folder, "medium")
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
    client_for: Callable[[User], Client], alice: User, organization: Organization, models_folder: Path
) -> None:
    fill(models_folder, "small")
    page = client_for(alice).get(f"/o/{organization.slug}/models").content.decode()
    ready, _, addable = page.partition("Can be added")
    assert "Used by “auto”" in ready
    assert '<b dir="ltr">small</b>' in ready
    assert "large-v3-turbo" in addable
    assert "README of openai/whisper" in addable


def test_the_list_on_the_command_line(models_folder: Path) -> None:
    fill(models_folder, "small")
    assert "large-v3" in run("list")
    here = run("list", "--here")
    assert ">*small" in here
    assert "large-v3 " not in here
    row = next(line for line in here.splitlines() if line.startswith(">*small"))
    assert row.split()[-4:] == ["c", "d", "e", "f"], "every figure's source by its letter"
    assert "d  README of openai/whisper" in here
    assert "distil-whisper" not in here


def test_a_file_of_measurements_that_somebody_spoilt_hides_no_model(
    models_folder: Path, api: Callable[..., ApiClient], alice: User
) -> None:
    (models_folder / catalogue.MEASURED).write_text('{"small": {"speed"')
    assert api(alice).get("/models").status_code == 200
    catalogue.remember(models_folder, "small", Measured(6.5, 900, "cpu", "int8", "2026-11-21T12:00:00+00:00"))
    assert catalogue.measured(models_folder)["small"].memory_mb == 900


def test_models_of_word_times_are_told_by_their_language(
    client_for: Callable[[User], Client], alice: User, organization: Organization, models_folder: Path
) -> None:
    """The built-in one for English, a whole model, one without its letters, and none."""
    for language in ("fr", "ar"):
        (models_folder / "alignment" / language).mkdir(parents=True)
        for file in alignment.MODEL_FILES[: None if language == "fr" else 2]:
            (models_folder / "alignment" / language / file).write_bytes(b"{}")
    found = {one.language: (one.is_here, one.lacking) for one in models.word_times()}
    assert found == {"ar": (False, ("vocab.json",)), "en": (True, ()), "fr": (True, ())}
    listed = run("list")
    assert "word times, en      here" in listed
    assert "word times, ar      incomplete, without vocab.json" in listed
    page = client_for(alice).get(f"/o/{organization.slug}/models").content.decode()
    assert str(models_folder / "alignment" / "ar") in page
    assert "Incomplete" in page
    told = {one.name: one for one in resources.models()}
    assert "found in: en, fr." in told["word times"].detail
    assert "vocab.json" in told["word times (ar)"].hint


def test_a_model_is_measured_in_a_process_of_its_own(models_folder: Path) -> None:
    shutil.copytree(WHISPER, models_folder / "whisper-espeak")
    clip = FIXTURES / "whisper-espeak-samples" / "en_long.ogg"
    told = run("bench", "whisper-espeak", "--file", str(clip))
    found = catalogue.measured(models_folder)["whisper-espeak"]
    assert found.speed > 0.5
    assert 20 < found.memory_mb < 2_000
    assert (found.device, found.compute_type) == ("cpu", "int8")
    assert f"{found.memory_mb} MB" in told
    assert "loads in" in run("warm", "whisper-espeak")


def test_measuring_what_is_not_there_says_so(models_folder: Path) -> None:
    with pytest.raises(CommandError, match="Put a converted model into MODEL_DIR") as caught:
        run("bench", "small")
    assert str(caught.value).startswith("The Whisper model"), "said once, by the process that measures"
    assert str(models_folder) not in str(caught.value), "jobs fail with the same sentence, and anybody reads those"
    with pytest.raises(CommandError, match="no Whisper model"):
        run("warm", "smal")
