"""Finds queries on tenants' rows that nothing narrows to one tenant.

Reads source only. A query is narrowed by the door (`visible_to`), by an organization, or by a row that is at hand
already: `pk=recording.pk`, `recording=recording`. A bare id is not at hand: it may have come with a request.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.architecture import code

DOORS = {"visible_to", "none"}
ORGANIZATION = ("organization", "organization_id", "organization__")
# Rows are made with their organization, which the database asks for.
MAKING = {"create", "bulk_create"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Query:
    """`place` is `media/services/purging.py:empty_trash`, the function that asks."""

    place: str
    line: int
    text: str
    is_narrow: bool


def queries(path: Path, models: set[str], base: Path = code.BASE_DIR) -> Iterator[Query]:
    """Every `Model.objects...` of tenants' models in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "objects" and _name(node.value) in models:
            whole, function = _whole(node, parents), _function(node, parents)
            place = f"{path.relative_to(base)}:{function.name if function else ''}"
            yield Query(place, node.lineno, ast.unparse(whole), is_narrow(whole, function))


def is_narrow(whole: ast.AST, function: Function | None) -> bool:
    calls = [node for node in ast.walk(whole) if isinstance(node, ast.Call)]
    called = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
    if called & (DOORS | MAKING):
        return True
    words = [word for call in calls for word in call.keywords if word.arg]
    return any(_narrows(word, function) for word in words)


def _narrows(word: ast.keyword, function: Function | None) -> bool:
    name = word.arg or ""
    if name.startswith(ORGANIZATION):
        return not isinstance(word.value, ast.Constant)
    if isinstance(word.value, ast.Call):
        return _name(word.value.func) == "OuterRef"
    if name in ("pk", "id") or name.endswith(("_id", "pk__in")):
        # SECURITY: beside a caller, a bare id is what the caller sent.
        return isinstance(word.value, ast.Attribute) or not _has_caller(function)
    return isinstance(word.value, ast.Name | ast.Attribute) and name in ROWS


# Relations to a row that was reached before; what is theirs is of the same tenant.
ROWS = {
    "recording",
    "job",
    "transcript",
    "endpoint",
    "session",
    "delivery",
    "upload",
    "user",
    "created_by",
    "membership",
}
ROWS |= {"uploaded_by", "job__created_by", "actor_id", "evaluation", "webhook"}


def _has_caller(function: Function | None) -> bool:
    names = {argument.arg for argument in [*function.args.args, *function.args.kwonlyargs]} if function else set()
    return bool(names & {"caller", "request", "self"})


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _whole(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> ast.AST:
    """From `Model.objects` out to the end of the chain of calls."""
    while True:
        parent = parents.get(node)
        goes_on = isinstance(parent, ast.Attribute) or (isinstance(parent, ast.Call) and parent.func is node)
        if parent is None or not goes_on:
            return node
        node = parent


def _function(node: ast.AST | None, parents: dict[ast.AST, ast.AST]) -> Function | None:
    while node is not None and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node = parents.get(node)
    return node
