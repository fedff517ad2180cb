"""Test databases in a moment: the schema is built once into a template, and every test run copies it.

The template's name carries a hash of the files that make the schema; a change of one of them builds a new template.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection

BASE_DIR = Path(__file__).resolve().parent.parent
APPS = ("accounts", "organizations", "billing", "media", "transcription")
# Models, what their constraints and indexes are made of, what runs after migrate, and the versions of foreign apps.
SCHEMA_FILES = (
    *(
        f"{app}/{pattern}"
        for app in APPS
        for pattern in ("models.py", "models/*.py", "apps.py", "states.py", "sql/*.sql")
    ),
    "config/settings.py",
    "config/common/models.py",
    "config/common/sql.py",
    "organizations/roles.py",
    "organizations/tenancy.py",
    "requirements/dev.txt",
    "tests/databases.py",
)
TEMPLATES = "tadwin_template_"
LOCK = 0x7AD714  # an advisory lock of the server: one run builds or copies at a time


def schema_hash() -> str:
    digest = hashlib.sha256(connection.settings_dict["ENGINE"].encode())
    for pattern in SCHEMA_FILES:
        for file in sorted(BASE_DIR.glob(pattern)):
            digest.update(f"{file.relative_to(BASE_DIR)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def create(name: str) -> None:
    """A fresh database `name` with the current schema, and the connection pointing to it."""
    template = TEMPLATES + schema_hash()
    with _server() as cursor:
        if not _exists(cursor, template):
            _drop_templates(cursor)
            _build(cursor, template)
        _drop(cursor, name)
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        let_truncate(cursor, name)
    _point_at(name)


def let_truncate(cursor: Any, name: str) -> None:
    """Transactional tests empty every table afterwards; the audit log refuses that anywhere else."""
    cursor.execute(f"ALTER DATABASE \"{name}\" SET tadwin.may_truncate_audit = 'on'")


def let_truncate_here() -> None:
    with connection.cursor() as cursor:
        let_truncate(cursor, connection.settings_dict["NAME"])
    connection.close()  # the setting holds for connections to come


def drop(name: str) -> None:
    connection.close()
    with _server() as cursor:
        _drop(cursor, name)


def _build(cursor: Any, template: str) -> None:
    """Under another name first, so that a run that is killed half way leaves no half template."""
    building = template + "_building"
    _drop(cursor, building)
    cursor.execute(f'CREATE DATABASE "{building}"')
    _point_at(building)
    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
    from django.core.management import call_command

    call_command("migrate", verbosity=0, run_syncdb=True, interactive=False)
    connection.close()
    cursor.execute(f'ALTER DATABASE "{building}" RENAME TO "{template}"')


def _point_at(name: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


@contextmanager
def _server() -> Iterator[Any]:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield cursor
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _exists(cursor: Any, name: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return cursor.fetchone() is not None


def _drop(cursor: Any, name: str) -> None:
    cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _drop_templates(cursor: Any) -> None:
    """Those of schemas that are gone."""
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [TEMPLATES])
    for (name,) in cursor.fetchall():
        _drop(cursor, name)
