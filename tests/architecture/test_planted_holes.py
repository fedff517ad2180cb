"""A missing tenant filter is found: one is planted in a copy of the source, and the checks are run on the copy.

The wall is only as good as what notices a hole in it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings

from tests.architecture import code
from tests.architecture.test_tenant_queries import EVERYBODYS, unfiltered

pytestmark = pytest.mark.slow
COPIED = (*code.PACKAGES, "tests", "templates", "static", "locale", "pyproject.toml", "manage.py")
MATRIX = "tests/test_access_matrix.py"
LIVE = "tests/transcription/test_live.py"


@dataclass(frozen=True)
class Hole:
    """`right` in `file` becomes `wrong`. The static check must find it, and the tests in `run` must fail as well."""

    file: str
    right: str
    wrong: str
    run: tuple[tuple[str, str], ...]


HOLES = {
    "view": Hole(
        "media/api/views.py",
        "Recording.objects.visible_to(self.caller).get_or_404(",
        "Recording.objects.get_or_404(",
        ((MATRIX, "test_strangers and recording_id"),),
    ),
    "list of a view": Hole(
        "organizations/api/organizations.py",
        "ApiKey.objects.visible_to(self.caller)",
        "ApiKey.objects.all()",
        (),
    ),
    "task": Hole(
        "organizations/webhooks/emitting.py",
        "WebhookEndpoint.objects.active().filter(wanted, organization_id=organization_id)",
        "WebhookEndpoint.objects.active().filter(wanted)",
        (),
    ),
    "consumer": Hole(
        "transcription/consumers.py",
        "Job.objects.visible_to(caller).select_related(",
        "Job.objects.select_related(",
        ((LIVE, "every_door"),),
    ),
    "snapshot of a consumer": Hole(
        "transcription/consumers.py",
        "Job.objects.visible_to(caller).active()",
        "Job.objects.active()",
        (),
    ),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    unwanted = shutil.ignore_patterns("__pycache__", "*.mo.tmp", "node_modules")
    for name in COPIED:
        source, target = code.BASE_DIR / name, tmp_path / "source" / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=unwanted)
        else:
            shutil.copy(source, target)
    return tmp_path / "source"


def environment(tmp_path: Path) -> dict[str, str]:
    """The servers of this run, with a database of its own: two runs must not empty each other's tables."""
    address = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(address._replace(path=f"{address.path}_holes"))
    return {
        **os.environ,
        "DATABASE_URL": database,
        "REDIS_URL": settings.REDIS_URL,
        "MEDIA_ROOT": str(tmp_path / "media"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings_test",
    }


def failures(source: Path, check: str, only: str) -> int:
    """How many tests of `check` fail in the copy. Anything but passing and failing tests is an error of ours."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", check, *(["-k", only] if only else [])]
    done = subprocess.run(
        command, cwd=source, env=environment(source.parent), capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stdout[-3000:] + done.stderr[-3000:]
    return sum(line.startswith("FAILED") for line in done.stdout.splitlines())


@pytest.mark.parametrize("name", HOLES)
def test_a_planted_hole_is_found(name: str, copy: Path) -> None:
    hole = HOLES[name]
    path = copy / hole.file
    text = path.read_text(encoding="utf-8")
    assert text.count(hole.right) >= 1, f"{hole.file} has changed: plant the hole where the filter is now"
    path.write_text(text.replace(hole.right, hole.wrong, 1), encoding="utf-8")

    assert {query.place for query in unfiltered(copy)} - set(EVERYBODYS), "the static check sees nothing"
    for check, only in hole.run:
        assert failures(copy, check, only) > 0, check


def test_without_a_hole_nothing_is_found(copy: Path) -> None:
    assert {query.place for query in unfiltered(copy)} == set(EVERYBODYS)
    assert failures(copy, MATRIX, "test_strangers and recording_id") == 0
