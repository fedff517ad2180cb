"""Finds queries on tenants' rows that nothing narrows to one tenant.

Reads source only. A query is narrowed by the door (`visible_to`), by an organization, or by a row that is at hand
already: `pk=recording.pk`, `recording=recording`. A bare id is not at hand: it may have come with a request. Only what
keeps rows counts: a word in `exclude`, in an annotation or on one side of an "or" narrows nothing.
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
KEEPING = {"filter", "get", "get_or_create", "update_or_create"}
MANAGERS = {"objects", "_default_manager", "_base_manager"}
# What reads rows of a model that it is given.
READERS = {"Joined", "Written", "get_object_or_404", "get_list_or_404"}
# What came with a request, or may have.
SENT = {"request", "asked", "query", "data", "body", "kwargs", "options", "params"}
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
    "uploaded_by",
    "job__created_by",
    "actor_id",
    "evaluation",
    "webhook",
    "speaker",
    "profile",
}
Function = ast.FunctionDef | ast.AsyncFunctionDef
Parents = dict[ast.AST, ast.AST]


@dataclass(frozen=True, slots=True)
class Query:
    """`place` is `media/services/purging.py:empty_trash`, the function that asks."""

    place: str
    line: int
    text: str
    is_narrow: bool


def queries(path: Path, models: set[str], base: Path = code.BASE_DIR) -> Iterator[Query]:
    """Every `Model.objects...` of tenants' models in a file, and every reader that is given such a model."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    named = _names(tree, models)
    for node in ast.walk(tree):
        whole = _query(node, named, parents)
        if whole is not None:
            function = _function(node, parents)
            place = f"{path.relative_to(base)}:{function.name if function else ''}"
            narrow = isinstance(node, ast.Attribute) and is_narrow(node, whole, parents, function)
            yield Query(place, whole.lineno, ast.unparse(whole), narrow)


def _names(tree: ast.Module, models: set[str]) -> set[str]:
    """What the models are called in this file: other packages have models of the same names."""
    foreign, ours = set(), set(models)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            is_ours = node.level > 0 or (node.module or "").partition(".")[0] in code.PACKAGES
            for alias in node.names:
                if is_ours and alias.name in models:
                    ours.add(alias.asname or alias.name)
                elif not is_ours:
                    foreign.add(alias.asname or alias.name)
    return ours - foreign


def _query(node: ast.AST, named: set[str], parents: Parents) -> ast.expr | None:
    """The whole expression that begins at `node`, where it is a query."""
    if isinstance(node, ast.Attribute) and node.attr in MANAGERS and _last(node.value) in named:
        return _whole(node, parents)
    if isinstance(node, ast.Call) and _last(node.func) in READERS and node.args and _last(node.args[0]) in named:
        return node
    return None


def is_narrow(start: ast.Attribute, whole: ast.expr, parents: Parents, function: Function | None) -> bool:
    calls = list(_chain(start, whole, parents))
    called = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
    if called & (DOORS | MAKING):
        return True
    return any(_narrows(word, function) for call in calls for word in _kept(call))


def _chain(start: ast.AST, whole: ast.AST, parents: Parents) -> Iterator[ast.Call]:
    """The calls of the chain itself, without those in their arguments."""
    node = start
    while node is not whole:
        node = parents[node]
        if isinstance(node, ast.Call):
            yield node


def _kept(call: ast.Call) -> Iterator[ast.keyword]:
    """The conditions that all rows of the answer meet."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in KEEPING:
        return
    yield from (word for word in call.keywords if word.arg)
    for argument in call.args:
        yield from _of_q(argument)


def _of_q(node: ast.expr) -> Iterator[ast.keyword]:
    """Of `Q(...)` and of `Q(...) & Q(...)`; one side of an "or" is not enough."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
        yield from _of_q(node.left)
        yield from _of_q(node.right)
    elif isinstance(node, ast.Call) and _last(node.func) == "Q":
        yield from (word for word in node.keywords if word.arg)


def _narrows(word: ast.keyword, function: Function | None) -> bool:
    name, value = word.arg or "", word.value
    if name.startswith(ORGANIZATION):
        return not isinstance(value, ast.Constant)
    if isinstance(value, ast.Call):
        return _last(value.func) == "OuterRef" or _is_behind_the_door(value)
    if name in ("pk", "id") or name.endswith(("_id", "pk__in")):
        # SECURITY: beside a caller, a bare id is what the caller sent.
        return _is_of_a_row(value) or not (_has_caller(function) or _is_sent(value))
    return name in ROWS and isinstance(value, ast.Name | ast.Attribute) and not _is_an_id(value) and not _is_sent(value)


def _is_behind_the_door(value: ast.Call) -> bool:
    """`recording__in=Recording.objects.visible_to(caller)`"""
    calls = [node for node in ast.walk(value) if isinstance(node, ast.Call)]
    return any(isinstance(call.func, ast.Attribute) and call.func.attr in DOORS for call in calls)


def _is_of_a_row(value: ast.expr) -> bool:
    """`recording.pk`, `self.job.recording_id`, and not `asked.pk`."""
    return isinstance(value, ast.Attribute) and not _is_sent(value)


def _is_sent(value: ast.AST) -> bool:
    """Whether a part of `a.b.c` is a name for what came with a request."""
    while isinstance(value, ast.Attribute | ast.Subscript):
        if isinstance(value, ast.Attribute) and value.attr in SENT:
            return True
        value = value.value
    return isinstance(value, ast.Name) and value.id in SENT


def _is_an_id(value: ast.expr) -> bool:
    """`job=job_id` says no more than `pk=job_id`."""
    return isinstance(value, ast.Name) and (value.id in ("id", "pk") or value.id.endswith(("_id", "_pk")))


def _has_caller(function: Function | None) -> bool:
    names = {argument.arg for argument in [*function.args.args, *function.args.kwonlyargs]} if function else set()
    return bool(names & {"caller", "request", "self"})


def _last(node: ast.AST) -> str:
    """`Job` of `Job` and of `models.Job`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _whole(node: ast.expr, parents: Parents) -> ast.expr:
    """From `Model.objects` out to the end of the chain of calls."""
    while True:
        parent = parents.get(node)
        is_call = isinstance(parent, ast.Call) and parent.func is node
        if not isinstance(parent, ast.Attribute) and not is_call:
            return node
        assert isinstance(parent, ast.expr)
        node = parent


def _function(node: ast.AST | None, parents: Parents) -> Function | None:
    while node is not None and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node = parents.get(node)
    return node
