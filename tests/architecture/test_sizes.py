"""Functions and files stay small enough to be read at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import code

LONGEST_FUNCTION = 60
LONGEST_FILE = 400
# A flat list of settings reads best as one file.
SETTINGS = "config/settings.py"
ALL = code.files(*code.PACKAGES, "tests")


def test_no_function_is_longer_than_sixty_lines() -> None:
    found = [
        f"{code.name(path)}:{node.lineno} {node.name} has {code.length(node)} lines"
        for path in ALL
        for node in code.functions(path)
        if code.length(node) > LONGEST_FUNCTION
    ]
    assert found == []


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    counted = {code.name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in ALL}
    assert {name: lines for name, lines in counted.items() if lines > LONGEST_FILE and name != SETTINGS} == {}


def test_nine_functions_of_ten_are_short() -> None:
    lengths = sorted(code.length(node) for path in code.files() for node in code.functions(path))
    assert len(lengths) > 500
    assert lengths[len(lengths) * 9 // 10] < 30


@pytest.mark.parametrize("lines", [LONGEST_FUNCTION, LONGEST_FUNCTION + 1])
def test_the_ruler_counts_from_the_decorator(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "sample.py"
    path.write_text("@decorator\ndef long():\n" + "    pass\n" * (lines - 2))
    (node,) = code.functions(path)
    assert code.length(node) == lines
