"""Rows are reached by one door, states change in one room, and only where a tenant may look."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import code

# Presenters draw rows that a view has reached by the door before.
DRAW_ONLY = {"presenters.py"}
# A person's own memberships are looked at before there is a tenant to belong to.
ALLOWED = re.compile(r"\.objects\.(visible_to\(|normalize_email\()|Membership\.objects\.filter\(user=self\.person\)")
LIFECYCLE = code.BASE_DIR / "transcription" / "lifecycle"
# The review of a text is called status too; no job and no step has one of its kind.
REVIEW = code.BASE_DIR / "transcription" / "services" / "status.py"
CLAIM = code.BASE_DIR / "transcription" / "sql" / "claim.sql"
WRITERS = {"update", "create", "bulk_create", "get_or_create", "update_or_create", "Job", "Step"}
SAVERS = {"save", "bulk_update", "asave"}


def view_files() -> list[Path]:
    return [
        path
        for path in code.files()
        if path.name not in DRAW_ONLY
        and ({"views", "api", "openai_api"} & set(path.relative_to(code.BASE_DIR).parts) or path.name == "views.py")
    ]


def test_views_reach_rows_only_by_the_door() -> None:
    assert len(view_files()) > 15
    found = [
        f"{code.name(path)}:{number} {line.strip()}"
        for path in view_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if ".objects" in line and not ALLOWED.search(line)
    ]
    assert found == []


def test_only_lifecycle_writes_the_state_of_jobs_and_steps() -> None:
    files = [path for path in code.files("transcription") if path != REVIEW]
    written = {path: list(status_writes(code.tree(path))) for path in files}
    inside = {path: lines for path, lines in written.items() if LIFECYCLE in path.parents and lines}

    assert inside
    assert {code.name(path): lines for path, lines in written.items() if lines and path not in inside} == {}


def test_only_the_claim_writes_states_in_sql() -> None:
    writing = re.compile(r"update\s+transcription_(job|step)\b", re.IGNORECASE)
    files = [*code.files(), *(path for name in code.PACKAGES for path in (code.BASE_DIR / name).rglob("*.sql"))]

    assert [path for path in files if writing.search(path.read_text(encoding="utf-8"))] == [CLAIM]


@pytest.mark.parametrize(
    "source",
    [
        "job.status = 'failed'",
        "Step.objects.filter(pk=1).update(status='failed')",
        "Job(status='queued')",
        "Step.objects.create(job=job, status=x)",
        "job.save(update_fields=['status'])",
        "Job.objects.bulk_update(jobs, fields=['status'])",
    ],
)
def test_each_way_to_write_a_state_is_noticed(source: str) -> None:
    assert list(status_writes(ast.parse(source))) == [1]


@pytest.mark.parametrize("source", ["Response(x, status=202)", "Job.objects.filter(status='queued')", "status = 1"])
def test_reading_a_state_is_no_write(source: str) -> None:
    assert list(status_writes(ast.parse(source))) == []


def status_writes(tree: ast.AST) -> Iterator[int]:
    """The lines where a row's `status` is set: assigned, given to a writing call, or named to be saved."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [part for target in targets for part in ast.walk(target) if isinstance(part, ast.Attribute)]
            if any(name.attr == "status" and isinstance(name.ctx, ast.Store) for name in names):
                yield node.lineno
        elif isinstance(node, ast.Call) and _writes_status(node):
            yield node.lineno


def _writes_status(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in WRITERS:
        return any(keyword.arg == "status" for keyword in call.keywords)
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return name in SAVERS and any(
        isinstance(part, ast.Constant) and part.value == "status" for value in values for part in ast.walk(value)
    )
