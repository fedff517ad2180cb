"""`.env.example` and the settings name the same variables."""

import ast
import re
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^#([A-Z][A-Z0-9_]*)=(.*)$")
ELSEWHERE = {"read_env", "Path"}  # methods of `env` whose first argument is no variable


def variables_of_the_settings() -> set[str]:
    """The names in `env.str("NAME")`, `env.bool("NAME")` and so on, and in `env("NAME")`."""
    found = set()
    for node in ast.walk(ast.parse((BASE_DIR / "config" / "settings.py").read_text())):
        if isinstance(node, ast.Call) and _reads_environment(node.func):
            assert isinstance(node.args[0], ast.Constant), f"line {node.lineno}: the name must be a plain string"
            found.add(str(node.args[0].value))
    return found


def _reads_environment(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute) and function.attr not in ELSEWHERE:
        function = function.value
    return isinstance(function, ast.Name) and function.id == "env"


def lines_of_the_example() -> list[str]:
    return (BASE_DIR / ".env.example").read_text().splitlines()


def variables_of_the_example() -> list[str]:
    return [match[1] for line in lines_of_the_example() if (match := LINE.match(line))]


def test_every_setting_is_in_the_example() -> None:
    settings = variables_of_the_settings()

    assert len(settings) > 50
    assert sorted(settings - set(variables_of_the_example())) == []


def test_everything_in_the_example_is_a_setting() -> None:
    assert sorted(set(variables_of_the_example()) - variables_of_the_settings()) == []


def test_every_variable_is_named_once_and_explained() -> None:
    names = variables_of_the_example()
    lines = lines_of_the_example()

    assert len(names) == len(set(names))
    for number, line in enumerate(lines):
        if LINE.match(line):
            explanation = lines[number - 1]
            assert explanation.startswith("# ") and len(explanation) > 10, line
