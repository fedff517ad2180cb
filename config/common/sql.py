"""Hand-written SQL that belongs to the schema, applied after every migrate: so that every kind of database has it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

SCHEMA = "schema_*.sql"


def apply_after_migrate(app: AppConfig) -> None:
    """Apply `<app>/sql/schema_*.sql` in the order of their names. Each is idempotent and minds an absent table."""
    post_migrate.connect(_apply, sender=app, dispatch_uid=f"{app.label}.sql")


def _apply(app_config: AppConfig, using: str, **_kwargs: Any) -> None:
    for file in sorted((Path(app_config.path) / "sql").glob(SCHEMA)):
        with connections[using].cursor() as cursor:
            cursor.execute(file.read_text(encoding="utf-8"))
