"""Every address that the web process serves, as the URL resolver knows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from tests.access_table import OBJECTS, World

PART = re.compile(r"<(?:\w+:)?(\w+)>")
Pattern = URLPattern | URLResolver


def routes() -> Iterator[tuple[str, str, Any]]:
    """(route, name, view) of every address, such as ("o/<slug:slug>/recordings", "recordings", view)."""
    yield from _walk(get_resolver().url_patterns, "")


def _walk(patterns: list[Pattern], before: str) -> Iterator[tuple[str, str, Any]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route, pattern.name or "", pattern.callback


def filled(route: str, world: World) -> str:
    """`route` with objects of `world` in its parts; each object is made when it is named."""
    return "/" + PART.sub(lambda part: str(OBJECTS[part[1]](world)), route)
