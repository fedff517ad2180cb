"""Rows by SQL that is written once.

A QuerySet builds the same SELECT anew for every request, which takes longer than the database needs to answer it.
Worth it only for what nearly every request asks: who is calling.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)
Field = Any  # of a model; its kind does not matter here


class Written(Generic[Row]):
    """`Written(User, "row.id = %s").find(pk)`."""

    def __init__(self, model: type[Row], where: str) -> None:
        self._model, self._where = model, where

    def find(self, *parameters: Any, limit: int = 1) -> list[Row]:
        """At most `limit` rows, in no order."""
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [*parameters, limit])
            found = cursor.fetchall()
        return [self._row(values) for values in found]

    def _row(self, values: tuple[Any, ...]) -> Row:
        return _made(self._model, self._own, values)

    @cached_property
    def _own(self) -> list[Field]:
        return _concrete(self._model)

    @cached_property
    def _sql(self) -> str:
        names = ", ".join(f'row."{field.column}"' for field in self._own)
        # SECURITY: names come from our own models and `where` from our own code; what was sent is a parameter.
        return f'SELECT {names} FROM "{self._model._meta.db_table}" row WHERE {self._where} LIMIT %s'  # noqa: S608 - above


class Joined(Written[Row]):
    """A row with the one that it points to: `Joined(ApiKey, "organization", "row.prefix = %s").find("abc")`.

    The row pointed to is `related` in `where`.
    """

    def __init__(self, model: type[Row], pointer: str, where: str) -> None:
        super().__init__(model, where)
        self._pointer = pointer

    def _row(self, values: tuple[Any, ...]) -> Row:
        row = super()._row(values[: len(self._own)])
        setattr(row, self._pointer, _made(self._related, self._others, values[len(self._own) :]))
        return row

    @cached_property
    def _related(self) -> type[models.Model]:
        pointer: Any = self._model._meta.get_field(self._pointer)
        related: type[models.Model] = pointer.related_model
        return related

    @cached_property
    def _others(self) -> list[Field]:
        return _concrete(self._related)

    @cached_property
    def _sql(self) -> str:
        names = [f'row."{field.column}"' for field in self._own]
        names += [f'related."{field.column}"' for field in self._others]
        pointer: Any = self._model._meta.get_field(self._pointer)
        tables = (
            f'"{self._model._meta.db_table}" row JOIN "{self._related._meta.db_table}" related '
            f'ON related."{pointer.target_field.column}" = row."{pointer.column}"'
        )
        # SECURITY: as above.
        return f"SELECT {', '.join(names)} FROM {tables} WHERE {self._where} LIMIT %s"  # noqa: S608 - above


def _concrete(model: type[models.Model]) -> list[Field]:
    return list(model._meta.concrete_fields)


def _made(model: type[Row], fields: list[Field], values: tuple[Any, ...]) -> Row:
    """An instance as a QuerySet makes it."""
    read = [
        field.from_db_value(value, None, connection) if hasattr(field, "from_db_value") else value
        for field, value in zip(fields, values, strict=True)
    ]
    return model.from_db(connection.alias, [field.attname for field in fields], read)
