"""Every code that an integrator may meet is explained in docs/api.md, and none that does not exist."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from media.reasons import REASONS
from tests.architecture import code
from tests.docs import pages
from transcription.states import OPTIONAL_STEPS

API = pages.BASE_DIR / "docs" / "api.md"
# Codes that come out of the framework: REST framework's own for credentials.
FRAMEWORK = {"authentication_failed"}


def test_every_error_type_is_in_the_table() -> None:
    used = {found for path in code.files() for found in error_types(code.tree(path))} | FRAMEWORK | set(REASONS)

    assert len(used) > 40
    assert used == pages.codes(API, "Errors") | pages.codes(API, "Why a recording is refused")


def test_every_reason_of_a_refusal_is_in_its_table() -> None:
    assert set(REASONS) == pages.codes(API, "Why a recording is refused")


def test_every_failure_of_a_job_is_in_the_table() -> None:
    used = {found for path in code.files() for found in first_arguments(code.tree(path), "EngineError", "StepError")}

    assert len(used) > 10
    assert used == pages.codes(API, "Why a job fails")


def test_every_warning_of_a_job_is_in_the_table() -> None:
    used = {found for path in code.files("transcription") for found in first_arguments(code.tree(path), "Notice")}
    used |= {f"{kind}_failed" for kind in OPTIONAL_STEPS}

    assert len(used) > 3
    assert used == pages.codes(API, "Warnings of a job")


def error_types(tree: ast.AST) -> Iterator[str]:
    """`error_type="x"` in a call or a class body, and the third argument of HttpError."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == "error_type":
                    yield from _texts(keyword.value)
            if ast.unparse(node.func) == "HttpError":
                yield from _texts(*node.args[2:3])
        elif isinstance(node, ast.Assign):
            yield from _assigned(node.targets[0], node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from _assigned(node.target, node.value)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[str]:
    """What `error_type` gets in `error_type = "x"` and in `status, error_type = 404, "x"`."""
    names = target.elts if isinstance(target, ast.Tuple) else [target]
    values = value.elts if isinstance(value, ast.Tuple) else [value]
    for name, assigned in zip(names, values, strict=False):
        if isinstance(name, ast.Name) and name.id == "error_type":
            yield from _texts(assigned)


def first_arguments(tree: ast.AST, *classes: str) -> Iterator[str]:
    """The code that each new error or notice of these classes is given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).split(".")[-1] in classes:
            yield from _texts(node.args[0])


def _texts(*nodes: ast.expr) -> Iterator[str]:
    yield from (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
