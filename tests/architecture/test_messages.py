"""What users are told can be told in their language."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from config.common import errors
from tests.architecture import code

# OpenAI's clients know English alone.
ENGLISH = "transcription/openai_api/"
# By its constructor, and by `Invalid.field`, whose first argument is the field.
TOLD = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}


def messages(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) if name in TOLD - {"HttpError"}:
                    yield from node.args[:1]
                case ast.Attribute(attr="field", value=ast.Name(id="Invalid")):
                    yield from node.args[1:2]
                case ast.Attribute(attr="ValidationError"):
                    yield from node.args[:1]


def test_refusals_are_written_for_translation() -> None:
    found = [
        f"{code.name(path)}:{message.lineno}"
        for path in code.files()
        for message in messages(code.tree(path))
        if not code.name(path).startswith(ENGLISH)
        and (isinstance(message, ast.JoinedStr) or (isinstance(message, ast.Constant) and message.value))
    ]
    assert found == []
