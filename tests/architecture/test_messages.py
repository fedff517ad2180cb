"""What users are told can be told in their language."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from config.common import errors
from tests.architecture import code

# OpenAI's clients know English alone.
ENGLISH = "transcription/openai_api/"
# By its constructor, and by `Invalid.field`, whose first argument is the field.
TOLD = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}


def messages(tree: ast.AST) -> Iterator[ast.expr]:
    """What errors are made with; a name stands for all that the same function gives it."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        given = list(assigned(function))
        for message in arguments(function):
            same = [value for name, value in given if isinstance(message, ast.Name) and name == message.id]
            yield from same or [message]


def arguments(function: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) if name in TOLD - {"HttpError"}:
                    yield from node.args[:1]
                case ast.Attribute(attr="field", value=ast.Name(id="Invalid")):
                    yield from node.args[1:2]
                case ast.Attribute(attr="ValidationError" | "ErrorDetail"):
                    yield from by_field(node.args[0])


def by_field(message: ast.expr) -> list[ast.expr]:
    """`{"to": "Too early."}` says something of each field."""
    return message.values if isinstance(message, ast.Dict) else [message]


def assigned(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))


def test_refusals_are_written_for_translation() -> None:
    found = {
        f"{code.name(path)}:{message.lineno}"
        for path in code.files()
        for message in messages(code.tree(path))
        if not code.name(path).startswith(ENGLISH)
        and (isinstance(message, ast.JoinedStr) or (isinstance(message, ast.Constant) and message.value))
    }
    assert sorted(found) == []


@pytest.mark.parametrize(
    "line",
    [
        'raise Conflict("No.")',
        'detail = "No."; raise Conflict(detail, error_type="no")',
        'raise Invalid.field("name", f"No {name}.")',
        'raise serializers.ValidationError({"name": "No."})',
    ],
)
def test_a_plain_text_is_found(line: str) -> None:
    (message,) = messages(ast.parse(f"def refuse(name):\n    {line}"))
    assert isinstance(message, ast.Constant | ast.JoinedStr)
