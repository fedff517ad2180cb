"""What must be done between the services and the application: migrate, collect static files, make the demo.

Each is skipped when nothing changed since the last start, because a person waits.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config.embedded.banner import Demo, Login
from config.embedded.paths import EmbeddedPaths


def migrate(paths: EmbeddedPaths) -> bool:
    """Bring the database up to date; the hand-written SQL that runs after it counts. True when there was work."""
    executor = MigrationExecutor(connection)
    pending = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    with _Stamp(paths.var / "sql.stamp", _sql_files(paths.base_dir)) as changed:
        if pending or changed:
            call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    return pending or changed


def collect_static(paths: EmbeddedPaths) -> bool:
    """Hash and compress the static files into STATIC_ROOT. True when there was work."""
    with _Stamp(paths.var / "static.stamp", _static_files()) as changed:
        if changed or not paths.static_root.exists():
            call_command("collectstatic", verbosity=0, interactive=False, clear=True, skip_checks=True)
            return True
    return False


def seed_demo(paths: EmbeddedPaths) -> Demo | None:
    """Make the demo organization unless it is there, and read the logins that were kept (0600)."""
    if "seed_demo" not in get_commands():
        return None
    call_command("seed_demo", verbosity=0)
    kept = paths.var / "demo.json"
    if not kept.exists():
        return None
    values = json.loads(kept.read_text(encoding="utf-8"))
    logins = tuple(Login(entry["role"], entry["email"], entry["password"]) for entry in values["logins"])
    return Demo(logins=logins, api_key=values.get("api_key", ""))


class _Stamp:
    """Remembers a fingerprint of some lines; entering tells whether it changed, leaving without error writes it."""

    def __init__(self, path: Path, lines: Iterator[str]) -> None:
        self._path = path
        self._digest = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()

    def __enter__(self) -> bool:
        return not self._path.exists() or self._path.read_text(encoding="ascii") != self._digest

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        if kind is None:
            self._path.write_text(self._digest, encoding="ascii")


def _sql_files(base_dir: Path) -> Iterator[str]:
    for path in base_dir.glob("*/sql/*.sql"):
        yield f"{path.relative_to(base_dir)} {path.read_text(encoding='utf-8')}"


def _static_files() -> Iterator[str]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            yield f"{name} {found.st_size} {found.st_mtime_ns}"
