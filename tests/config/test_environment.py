"""Settings that cannot be read are told by their name, and not by a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.common.environment import Environment

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("cast", "value", "told"),
    [
        (int, "five", "NAME is “five”. It takes a whole number."),
        (float, "half", "NAME is “half”. It takes a number."),
        (bool, "ture", "NAME is “ture”. It takes true or false."),
        ([float], "1,b", "NAME cannot be read."),
        (dict, "secret", "NAME cannot be read."),
    ],
)
def test_what_cannot_be_read_is_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch, cast: object, value: str, told: str
) -> None:
    monkeypatch.setenv("NAME", value)
    with pytest.raises(ImproperlyConfigured) as caught:
        Environment().get_value("NAME", cast=cast, default=None)
    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(("value", "meant"), [("yes", True), ("On", True), ("1", True), ("off", False), ("No", False)])
def test_yes_and_no_have_many_words(monkeypatch: pytest.MonkeyPatch, value: str, meant: bool) -> None:
    monkeypatch.setenv("NAME", value)
    assert Environment().bool("NAME", default=not meant) is meant


def test_an_empty_one_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "")
    assert Environment().bool("NAME", default=True) is True
    assert Environment().int("NAME", default=7) == 7
    assert Environment().str("NAME", default="auto") == ""


def test_a_secret_that_is_no_file_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NAME_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match="NAME_FILE names a file that cannot be read"):
        Environment().str("NAME", default="")
    (tmp_path / "absent").write_text("hf_token\n")
    assert Environment().str("NAME", default="").strip() == "hf_token"


def test_commands_say_it_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**os.environ, "ASR_BEAM_SIZE": "five"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Tadwin cannot start with these settings: ASR_BEAM_SIZE is “five”. It takes a whole number. See .env.example."
    ]
