"""The commands in the documentation work as pasted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs import pages

SECONDS = 120


def having(kind: str, language: str) -> list[Path]:
    return [path for path in pages.pages() if any(b.language == language for b in pages.blocks(path, kind))]


def sources(path: Path, kind: str, language: str) -> list[str]:
    return [block.source for block in pages.blocks(path, kind) if block.language == language]


def paste(source: str, environment: dict[str, str], *, shell: bool = True) -> str:
    """Run it as a person would, in the repository; returns what it printed."""
    command = ["bash", "-euo", "pipefail", "-c", source] if shell else [sys.executable, "-c", source]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=pages.BASE_DIR,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", having("live", "sh"), ids=pages.name)
def test_shell_commands_beside_a_running_tadwin(path: Path, running: dict[str, str]) -> None:
    """All blocks of a page in one shell: later ones use what earlier ones set."""
    printed = paste("\n".join(sources(path, "live", "sh")), running)
    assert "completed" in printed


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", having("live", "python"), ids=pages.name)
def test_python_programs_beside_a_running_tadwin(path: Path, running: dict[str, str]) -> None:
    for source in sources(path, "live", "python"):
        assert ": " in paste(source, running, shell=False)


@pytest.mark.parametrize("path", having("test", "sh"), ids=pages.name)
def test_shell_commands_that_need_no_server(path: Path) -> None:
    for source in sources(path, "test", "sh"):
        paste(source, {})


def test_there_are_commands_to_test() -> None:
    assert {"README.md", "docs/api.md"} <= {pages.name(path) for path in having("live", "sh")}
    assert having("live", "python")


def test_a_broken_command_fails() -> None:
    with pytest.raises(AssertionError, match="nobody"):
        paste("echo nobody >&2; false | cat", {})
