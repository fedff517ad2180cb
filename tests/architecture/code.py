"""Our own Python files, as text and as trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "accounts", "organizations", "billing", "media", "transcription")
GENERATED = {"migrations", "djstripe_migrations"}


@cache
def files(*packages: str) -> tuple[Path, ...]:
    """Every Python file of the packages (of all that are ours by default), without generated migrations."""
    found = (path for name in packages or PACKAGES for path in (BASE_DIR / name).rglob("*.py"))
    return tuple(sorted(path for path in found if not GENERATED & set(path.relative_to(BASE_DIR).parts)))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name(path: Path) -> str:
    return str(path.relative_to(BASE_DIR))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first decorator or `def` to the end."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return (node.end_lineno or node.lineno) - first + 1
