"""The files in docker/ agree with the code: settings, sources, services. Images are built by whoever deploys."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.config.test_env_example import variables_of_the_settings
from transcription.states import Queue

BASE_DIR = Path(__file__).resolve().parents[2]
DOCKERFILES = sorted((BASE_DIR / "docker").glob("*.Dockerfile"))
MANIFESTS = sorted((BASE_DIR / "docker" / "kubernetes").glob("*.yaml"))
# Read by others: Hugging Face's hub and Django itself.
OTHERS = {"HF_HOME", "DJANGO_SETTINGS_MODULE", "PIP_NO_CACHE_DIR", "PYTHONUNBUFFERED"}
COPY = re.compile(r"^COPY (?:--\S+ )*(.+) \S+$", re.MULTILINE)
SERVICE_KEYS = {
    "build", "command", "depends_on", "deploy", "environment", "healthcheck", "image", "ports", "profiles", "restart",
    "stop_grace_period", "volumes",
}  # fmt: skip


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((BASE_DIR / "docker" / "compose.yml").read_text())
    return loaded


def ours() -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose()["services"].items() if "build" in service}


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_what_images_copy_exists(path: Path) -> None:
    sources = [name for line in COPY.findall(path.read_text()) for name in line.split()]

    assert len(sources) > 8
    assert [name for name in sources if not (BASE_DIR / name).exists()] == []


def test_images_get_every_package_of_ours() -> None:
    packages = {path.parent.name for path in BASE_DIR.glob("*/__init__.py")} - {"tests"}
    for path in DOCKERFILES:
        copied = set(re.findall(r"^COPY (\w+) ", path.read_text(), re.MULTILINE))
        assert packages <= copied, path.name


def test_the_web_image_installs_no_model_runtime() -> None:
    pins = (BASE_DIR / "requirements" / "web.txt").read_text()
    assert not re.search(r"^(numpy|av|torch|ctranslate2|onnxruntime|faster-whisper)==", pins, re.MULTILINE)


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="hadolint is not installed; `.ci/run` installs it")
@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_dockerfiles_pass_the_linter(path: Path) -> None:
    done = subprocess.run(["hadolint", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_compose_sets_only_settings_that_exist() -> None:
    known = variables_of_the_settings() | OTHERS
    for name, service in ours().items():
        assert set(service["environment"]) <= known, (name, set(service["environment"]) - known)


def test_compose_hands_on_every_setting_of_recognition_and_workers() -> None:
    """What an operator sets in the file of --env-file must reach the services, or it changes nothing."""
    text = (BASE_DIR / ".env.example").read_text()
    part = text.partition("# --- Recognition ---")[2].partition("# --- People")[0]
    names = set(re.findall(r"^#(\w+)=", part, re.MULTILINE)) - {"WEB_THREADS"}
    assert len(names) > 30
    workers = [service for name, service in ours().items() if name.startswith("worker")]
    assert all(names <= set(worker["environment"]) for worker in workers)
    assert names - {"MODEL_DIR", "HF_TOKEN"} <= set(ours()["web"]["environment"]), "jobs are resolved there"


def test_compose_needs_no_edits() -> None:
    """Every variable of the environment has a default."""
    text = (BASE_DIR / "docker" / "compose.yml").read_text()
    variables = re.findall(r"\$\{(\w+)(:-)?", text)
    assert len(variables) > 20
    assert [name for name, default in variables if not default] == []


def test_compose_hangs_together() -> None:
    file = compose()
    services, volumes = file["services"], set(file["volumes"])
    assert set(file) <= {"name", "services", "volumes", *(key for key in file if key.startswith("x-"))}
    for name, service in services.items():
        assert set(service) <= SERVICE_KEYS, name
        assert re.search(r":[\w.-]*\d[\w.-]*$", service["image"]), f"{name}: pin the image by tag"
        assert set(service.get("depends_on", {})) <= set(services), name
        mounted = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert {source for source in mounted if not source.startswith(".")} <= volumes, name


@pytest.mark.parametrize("profile", ["default", "multi-queue"])
def test_each_profile_serves_every_queue(profile: str) -> None:
    commands = [" ".join(s["command"]) for s in compose()["services"].values() if profile in s.get("profiles", [])]
    served = {queue for command in commands for queue in re.findall(r"--queues=(\S+)", command)[0].split(",")}
    assert served == set(Queue.values)


@pytest.mark.parametrize("setting", ["POSTGRES_PASSWORD", "S3_SECRET_ACCESS_KEY"])
def test_passwords_of_the_try_out_are_those_that_the_check_refuses(setting: str) -> None:
    from config.checks import TRY_OUT

    text = (BASE_DIR / "docker" / "compose.yml").read_text()
    defaults = set(re.findall(rf"\$\{{{setting}:-([^}}]*)\}}", text))
    assert defaults == {TRY_OUT}


def test_the_proxy_names_services_of_compose() -> None:
    targets = re.findall(r"reverse_proxy (\w+):(\d+)", (BASE_DIR / "docker" / "Caddyfile").read_text())
    assert sorted(targets) == [("live", "8001"), ("web", "8000")]
    assert {name for name, _ in targets} <= set(compose()["services"])


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_set_only_settings_that_exist(path: Path) -> None:
    documents = [document for document in yaml.safe_load_all(path.read_text()) if document]
    assert documents
    for document in documents:
        assert {"apiVersion", "kind", "metadata"} <= set(document)
        if document["kind"] in ("ConfigMap", "Secret"):
            names = set(document.get("data", {})) | set(document.get("stringData", {}))
            assert names <= variables_of_the_settings() | OTHERS, document["metadata"]["name"]


def test_the_health_check_tells_by_its_exit_status() -> None:
    command = [sys.executable, str(BASE_DIR / "docker" / "healthcheck.py"), "http://127.0.0.1:9/nobody"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "127.0.0.1:9" in done.stderr
