"""Defaults for jobs, kept by organizations and projects. What they mean, the apps above know and say here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from config.common.errors import FieldError, Invalid

Layer = Mapping[str, Any]
Check = Callable[..., None]

Choices = list[tuple[str, Any]]
FIELDS = ("engine", "model", "language", "dialect", "mode")
_checks: list[Check] = []
_choices: list[Callable[[], dict[str, Choices]]] = []


def register(check: Check) -> None:
    """`check(*layers)` is called with job defaults, the most important first. It raises Invalid by option."""
    if check not in _checks:
        _checks.append(check)


def register_choices(choices: Callable[[], dict[str, Choices]]) -> None:
    """`choices()` gives the values that forms offer for each of FIELDS, with their names."""
    _choices[:] = [choices]


def choices() -> dict[str, Choices]:
    """`{field: [(value, name)]}`; a field that nobody offers values for is missing."""
    return _choices[0]() if _choices else {}


def validate(*layers: Layer) -> None:
    """Refuse defaults that no job could use. Raises Invalid with fields `defaults.<name>`."""
    try:
        for check in _checks:
            check(*layers)
    except Invalid as error:
        fields = tuple(FieldError(f"defaults.{e.field}", e.message, e.code) for e in error.errors)
        raise Invalid(error.detail, error_type=error.error_type, errors=fields) from error
