"""Cursor pagination: stable while rows come and go, and as fast on page 1,000 as on page 1."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.utils.translation import gettext as _
from rest_framework import pagination, serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from config.common.errors import Invalid

DEFAULT_LIMIT, MAX_LIMIT = 50, 1000


class CursorPagination(pagination.CursorPagination):
    """`?limit=&cursor=` -> `{"data": [...], "next": url|null, "previous": url|null}`."""

    page_size = DEFAULT_LIMIT
    page_size_query_param = "limit"
    max_page_size = MAX_LIMIT
    ordering: tuple[str, ...] = ("-created_at", "-id")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """Raises Invalid for a cursor that we did not give out."""
        try:
            page: list[Any] | None = super().paginate_queryset(queryset, request, view)
        except (NotFound, ValidationError, ValueError, OverflowError, DataError) as error:
            if self.cursor_query_param not in request.query_params:
                raise
            raise Invalid.field("cursor", _("This cursor is not one of ours. Start again without it.")) from error
        return page

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"data": data, "next": self.get_next_link(), "previous": self.get_previous_link()})

    def get_ordering(self, *_args: Any, **_kwargs: Any) -> tuple[str, ...]:
        return tuple(self.ordering)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["data", "next", "previous"],
            "properties": {"data": schema, "next": link, "previous": link},
        }


class _Links(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


@cache
def page_of(serializer: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The schema of a page of such rows: `{"data": [...], "next", "previous"}`."""
    return type(f"{_stem(serializer)}PageSerializer", (_Links,), {"data": serializer(many=True)})


@cache
def list_of(serializer: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The schema of a list that is always whole: `{"data": [...]}`."""
    name = f"{_stem(serializer)}ListSerializer"
    return type(name, (serializers.Serializer,), {"data": serializer(many=True)})


def _stem(serializer: type[serializers.Serializer[Any]]) -> str:
    return serializer.__name__.removesuffix("Serializer")


def ordered_by(request: Request, *, allowed: tuple[str, ...]) -> CursorPagination:
    """A paginator by `?ordering=` (one of `allowed`, with or without `-`), newest first where none is asked for.

    The id comes last, so that rows of the same moment keep their order. Raises Invalid.
    """
    asked = request.query_params.get("ordering", "-created_at")
    if asked.removeprefix("-") not in allowed:
        raise Invalid.field(
            "ordering",
            _("Order by one of: %(names)s; with a leading - for the reverse.") % {"names": ", ".join(allowed)},
        )
    paginator = CursorPagination()
    paginator.ordering = (asked, "-id" if asked.startswith("-") else "id")
    return paginator
