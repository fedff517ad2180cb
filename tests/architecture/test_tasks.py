"""A task has at most ten lines, an explicit name, a queue and limits; what is enqueued by name exists."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from config.celery import app
from tests.architecture import code
from transcription.states import Queue

MOST_LINES = 10
# Celery's own; a soft limit would come too late to matter.
NOT_OURS = ("celery.",)


def tasks() -> dict[str, Any]:
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith(NOT_OURS)}


def test_every_task_is_named_after_its_app() -> None:
    assert len(tasks()) >= 5
    for name, task in tasks().items():
        assert name == f"{task.__module__.split('.')[0]}.{name.split('.', 1)[1]}", name


def test_every_task_has_a_queue_and_limits() -> None:
    for name, task in tasks().items():
        assert app.amqp.router.route({}, name)["queue"].name in Queue.values, f"{name} has no queue"
        assert task.soft_time_limit and task.time_limit, f"{name} has no limits"
        assert task.soft_time_limit < task.time_limit, name


def test_tasks_are_short_and_only_in_task_modules() -> None:
    found = {code.name(path): node for path in code.files() for node in decorated(path)}

    assert found
    for where, node in found.items():
        assert where.endswith("/tasks.py"), where
        body = node.body[1:] if ast.get_docstring(node) else node.body
        lines = (node.end_lineno or 0) - body[0].lineno + 1
        assert lines <= MOST_LINES, f"{where}: {node.name} has {lines} lines"


def test_what_beat_sends_exists_and_goes_to_a_queue() -> None:
    app.loader.import_default_modules()
    for entry in app.conf.beat_schedule.values():
        assert entry["task"] in app.tasks, entry
        assert entry["options"]["queue"] in Queue.values, entry


def test_what_is_enqueued_by_name_exists() -> None:
    known = set(tasks())
    named = {(code.name(path), name) for path in code.files() for name in enqueued(path)}

    assert len(named) >= 2
    assert {pair for pair in named if pair[1] not in known} == set()


def decorated(path: Any) -> Iterator[ast.FunctionDef]:
    for node in code.functions(path):
        names = {ast.unparse(decorator).split("(")[0].split(".")[-1] for decorator in node.decorator_list}
        if isinstance(node, ast.FunctionDef) and names & {"shared_task", "task"}:
            yield node


def enqueued(path: Any) -> Iterator[str]:
    """The task names in calls of `config.common.queue`."""
    for node in ast.walk(code.tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("queue.on_commit", "queue.send"):
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield str(first.value)
