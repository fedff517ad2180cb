import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded.paths import runtime_folder


@pytest.fixture
def open_tmp_path() -> Iterator[Path]:
    """A folder that everybody may enter: as root the database server runs as another user.

    `tmp_path` will not do, because every pytest closes the folder above it.
    """
    folder = Path(tempfile.mkdtemp(prefix="tadwin-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sockets(tmp_path: Path) -> Iterator[Path]:
    """The short private socket folder that belongs to `tmp_path`."""
    folder = runtime_folder(tmp_path)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
