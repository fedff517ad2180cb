"""What the supervisor prints: one line at a time, with the name of the process before it, coloured on a terminal."""

import logging
import os
import re
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

COLOURS = (36, 32, 35, 33, 34, 96, 92, 95)  # cyan, green, magenta, yellow, blue and their bright sisters
NAME_WIDTH = 10
LOG_BYTES = 10 << 20
STYLE = re.compile(r"\x1b\[[0-9;]*m")
# SECURITY: a log line may carry what a stranger sent; only colours reach the terminal, no cursor or title sequences.
CONTROL = re.compile(r"\x1b(?!\[[0-9;]*m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f\x80-\x9f]")


def wants_colour(stream: TextIO) -> bool:
    """Colours on a terminal, unless NO_COLOR (https://no-color.org) asks for none."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


class Output:
    """Prints lines of many processes without mixing them, and keeps a plain copy in `log`. Safe to use from threads."""

    def __init__(self, stream: TextIO = sys.stdout, *, colour: bool | None = None, log: Path | None = None) -> None:
        self._stream = stream
        self._colour = wants_colour(stream) if colour is None else colour
        self._lock = threading.Lock()
        self._colours: dict[str, int] = {}
        self._log: RotatingFileHandler | None = None
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            self._log = RotatingFileHandler(log, maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8")

    def line(self, name: str, text: str) -> None:
        """Print one line of the process `name`."""
        text = CONTROL.sub("", text.rstrip())
        with self._lock:
            self._write(f"{self._prefix(name)} {text}" if text else self._prefix(name))
            if self._log is not None:
                self._log.emit(logging.makeLogRecord({"msg": f"{name:<{NAME_WIDTH}} | {STYLE.sub('', text)}"}))

    def plain(self, text: str) -> None:
        """Print a block without a prefix and without a copy in the log: the banner, which carries logins."""
        with self._lock:
            self._write(text)

    def bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self._colour else text

    def _prefix(self, name: str) -> str:
        label = f"{name:<{NAME_WIDTH}} |"
        if not self._colour:
            return label
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        return f"\x1b[{colour}m{label}\x1b[0m"

    def _write(self, text: str) -> None:
        try:
            self._stream.write((text if self._colour else STYLE.sub("", text)) + "\n")
            self._stream.flush()
        except OSError:  # the terminal is gone; the services go on until they are told to stop
            return
