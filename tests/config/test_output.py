from io import StringIO
from pathlib import Path

import pytest

from config.embedded.output import Output, wants_colour


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_only_on_a_terminal_that_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert wants_colour(Terminal())
    assert not wants_colour(StringIO())

    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal())


def test_every_process_keeps_its_own_colour() -> None:
    stream = StringIO()
    output = Output(stream, colour=True)

    output.line("web", "one")
    output.line("beat", "two")
    output.line("web", "three")

    first, second, third = [line.partition("m")[0] for line in stream.getvalue().splitlines()]
    assert first == third != second


def test_only_colours_of_a_child_reach_the_terminal() -> None:
    stream = StringIO()

    Output(stream, colour=True).line("web", "\x1b[32mgreen\x1b[0m \x1b[2Jcleared \x1b]0;title\x07 \x9b31m")

    assert "\x1b[32mgreen\x1b[0m" in stream.getvalue()
    assert "\x1b[2J" not in stream.getvalue()
    assert "\x1b]" not in stream.getvalue()
    assert "\x9b" not in stream.getvalue()


def test_log_has_every_line_but_no_logins_and_no_colours(tmp_path: Path) -> None:
    output = Output(StringIO(), colour=True, log=tmp_path / "log" / "up.log")

    output.line("web", "\x1b[32mhello\x1b[0m")
    output.plain("password")

    assert (tmp_path / "log" / "up.log").read_text() == "web        | hello\n"
