"""The import rules of pyproject.toml (which `make lint` checks) name every package, and the web process stays light."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib

from tests.architecture import code

ROOT_PACKAGES = {"config", "accounts", "organizations", "billing", "media", "transcription", "tests"}
HEAVY = ("numpy", "torch", "ctranslate2", "onnxruntime", "av", "faster_whisper", "moonshine_voice", "pocketsphinx")
WORKERS_ONLY = ("transcription.runner", "transcription.tasks", "media.tasks", "transcription.asr.pipeline")
WEB = """
import sys
import config.wsgi
from django.urls import get_resolver

def resolve(resolver):
    return sum(resolve(entry) if hasattr(entry, "url_patterns") else 1 for entry in resolver.url_patterns)

print(resolve(get_resolver()), *sorted(sys.modules))
"""
LIVE = """
import sys
import config.asgi
print(config.asgi.application is not None, *sorted(sys.modules))
"""


def test_every_package_at_the_root_has_its_place_in_the_rules() -> None:
    found = {path.parent.name for path in code.BASE_DIR.glob("*/__init__.py")}
    rules = tomllib.loads((code.BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]

    assert found == ROOT_PACKAGES
    assert set(rules["root_packages"]) == ROOT_PACKAGES - {"tests"} == set(code.PACKAGES)


def test_every_module_of_config_has_its_place_in_the_rules() -> None:
    rules = tomllib.loads((code.BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]
    listed = {name.strip() for layer in rules["contracts"][0]["layers"] for name in layer.split(":")}
    found = {f"config.{path.stem}" for path in (code.BASE_DIR / "config").iterdir() if is_module(path.name)}

    # Settings are read by dotted name, and what they import is what every process imports.
    assert found - listed <= {"config.settings", "config.settings_test", "config.apps", "config.checks"}


def is_module(name: str) -> bool:
    if name.endswith(".py"):
        return name != "__init__.py"
    return (code.BASE_DIR / "config" / name / "__init__.py").exists()


def test_the_web_process_loads_no_model_runtime() -> None:
    routes, *modules = in_a_fresh_process(WEB)

    assert int(routes) > 60
    assert loaded(modules, (*HEAVY, *WORKERS_ONLY)) == []


def test_the_live_process_loads_no_model_runtime() -> None:
    ready, *modules = in_a_fresh_process(LIVE)

    assert ready == "True"
    assert loaded(modules, (*HEAVY, *WORKERS_ONLY)) == []


def loaded(modules: list[str], unwanted: tuple[str, ...]) -> list[str]:
    return [name for name in modules if name in unwanted]


def in_a_fresh_process(program: str) -> list[str]:
    """What the program prints, word by word. It gets the servers of this test run."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=code.BASE_DIR, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout.split()
