"""A row with the row that it points to, by SQL that is written once.

`select_related` builds the same SELECT anew for every request, which takes longer than the database needs to answer it.
Worth it only for what nearly every request asks: who is calling.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)
Field = Any  # of a model; its kind does not matter here


class Joined(Generic[Row]):
    """`Joined(ApiKey, "organization", "row.prefix = %s").find("abc")`; the row pointed to is `related` in `where`."""

    def __init__(self, model: type[Row], pointer: str, where: str) -> None:
        self._model, self._pointer, self._where = model, pointer, where

    def find(self, *parameters: Any, limit: int = 1) -> list[Row]:
        """At most `limit` rows, in no order."""
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [*parameters, limit])
            found = cursor.fetchall()
        return [self._made(values) for values in found]

    def _made(self, values: tuple[Any, ...]) -> Row:
        own, others = self._columns
        row = _made(self._model, own, values[: len(own)])
        setattr(row, self._pointer, _made(self._related, others, values[len(own) :]))
        return row

    @cached_property
    def _related(self) -> type[models.Model]:
        pointer: Any = self._model._meta.get_field(self._pointer)
        related: type[models.Model] = pointer.related_model
        return related

    @cached_property
    def _columns(self) -> tuple[list[Field], list[Field]]:
        return _concrete(self._model), _concrete(self._related)

    @cached_property
    def _sql(self) -> str:
        own, others = self._columns
        names = [f'row."{field.column}"' for field in own] + [f'related."{field.column}"' for field in others]
        pointer: Any = self._model._meta.get_field(self._pointer)
        tables = (
            f'"{self._model._meta.db_table}" row JOIN "{self._related._meta.db_table}" related '
            f'ON related."{pointer.target_field.column}" = row."{pointer.column}"'
        )
        # SECURITY: names come from our own models and `where` from our own code; what was sent is a parameter.
        return f"SELECT {', '.join(names)} FROM {tables} WHERE {self._where} LIMIT %s"  # noqa: S608


def _concrete(model: type[models.Model]) -> list[Field]:
    return list(model._meta.concrete_fields)


def _made(model: type[Row], fields: list[Field], values: tuple[Any, ...]) -> Row:
    """An instance as a QuerySet makes it."""
    read = [
        field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value
        for field, value in zip(fields, values, strict=True)
    ]
    return model.from_db(connection.alias, [field.attname for field in fields], read)
