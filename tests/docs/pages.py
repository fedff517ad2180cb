"""The documentation as data: its files, the blocks in them that are run, its links and headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+) (live|test)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """`live` blocks are pasted into a shell beside a running Tadwin, `test` blocks need none."""

    language: str
    kind: str
    source: str


@cache
def pages() -> tuple[Path, ...]:
    return tuple(sorted([*BASE_DIR.glob("*.md"), *(BASE_DIR / "docs").glob("*.md")]))


def name(path: Path) -> str:
    return str(path.relative_to(BASE_DIR))


def blocks(path: Path, kind: str) -> list[Block]:
    return [Block(*match) for match in BLOCK.findall(path.read_text(encoding="utf-8")) if match[1] == kind]


def links(path: Path) -> list[str]:
    """Targets inside the repository, with their `#heading`."""
    found = LINK.findall(FENCED.sub("", path.read_text(encoding="utf-8")))
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def anchors(path: Path) -> set[str]:
    """The headings as they are addressed."""
    text = FENCED.sub("", path.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in HEADING.findall(text)}


def codes(path: Path, heading: str) -> set[str]:
    """The `code` in the first column of the table under `heading`."""
    section = re.split(rf"^#+ {re.escape(heading)}$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1]
    section = re.split(r"^#+ ", section, flags=re.MULTILINE)[0].partition("| ---")[2]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
