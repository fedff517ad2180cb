import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.embedded.preflight import glibc_version, missing_redis, problem

SCRIPT = Path(__file__).resolve().parents[2] / "config" / "embedded" / "preflight.py"
GOOD = {"system": "Linux", "machine": "x86_64", "python": (3, 11), "glibc": (2, 36)}


@pytest.mark.parametrize("python", [(3, 11), (3, 12), (3, 13)])
def test_supported_machines_are_let_through(python: tuple[int, int]) -> None:
    assert problem("Linux", "x86_64", python, (2, 34)) == ""


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"python": (3, 10)}, "Python 3.11, 3.12 or 3.13, this is 3.10"),
        ({"python": (3, 14)}, "this is 3.14"),
        ({"glibc": (2, 31)}, "glibc 2.34 or newer"),
        ({"glibc": ()}, "GNU C library"),
        ({"machine": "riscv64"}, "riscv64"),
        ({"system": "Darwin"}, "run on Linux"),
        ({"machine": "aarch64", "python": (3, 12)}, "3.11 or 3.13"),
    ],
)
def test_other_machines_get_one_line_that_says_what_to_install(change: dict[str, Any], word: str) -> None:
    found = problem(**{**GOOD, **change})

    assert word in found
    assert "\n" not in found


def test_redis_is_asked_for_only_where_no_wheel_brings_it() -> None:
    assert missing_redis("x86_64", (3, 11), has_redis=False) == ""
    assert "apt install redis-server" in missing_redis("x86_64", (3, 13), has_redis=False)
    assert "apt install redis-server" in missing_redis("aarch64", (3, 11), has_redis=False)
    assert missing_redis("aarch64", (3, 13), has_redis=True) == ""


def test_script_needs_nothing_but_the_standard_library() -> None:
    found = subprocess.run([sys.executable, "-I", "-S", str(SCRIPT)], capture_output=True, text=True, check=False)

    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
    assert glibc_version() >= (2, 34)
