"""Where the embedded services keep their data, sockets and secrets.

Standard library only: the settings import this module before anything else is known.
"""

import hashlib
import os
import secrets
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

POSTGRES_PORT = 5432  # names the socket file; nothing listens on TCP
DATABASE_USER = "tadwin"
DATABASE_NAME = "tadwin"
SECRET_BYTES = 48
BASE_DIR = Path(__file__).resolve().parent.parent.parent


class EmbeddedError(RuntimeError):
    """An embedded service cannot do what was asked; the message tells a person what to do next."""


def runtime_folder(folder: Path) -> Path:
    """The socket folder that belongs to a data folder: short, private, the same in every process of this user.

    A Unix socket path may have at most 107 bytes, which a deep checkout exceeds; TMPDIR is not used because it may
    differ between the shell that starts the services and the one that looks for them.
    """
    digest = hashlib.sha1(os.fsencode(folder.resolve()), usedforsecurity=False).hexdigest()[:8]
    return Path("/tmp") / f"tadwin-{os.getuid()}-{digest}"  # noqa: S108 (private_folder checks the owner)


def private_folder(path: Path, *, mode: int = 0o700, owner: tuple[int, int] | None = None) -> Path:
    """Create a folder that only its owner can change, or check that the one found there is such a folder.

    `owner` is (uid, gid), ourselves by default; `mode` is set on a folder that is already ours.

    SECURITY: the parent may be shared (/tmp). Somebody could put a folder or link of theirs there first and then
    own our sockets, so a folder with another owner is refused, never repaired.
    """
    uid, gid = owner or (os.getuid(), os.getgid())
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        if uid != os.getuid():
            os.chown(path, uid, gid)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid:
        raise EmbeddedError(f"{path} exists but is not a folder of user {uid}. Remove it, then start again.")
    if stat.S_IMODE(found.st_mode) != mode:
        path.chmod(mode)
    return path


def database_url(socket_dir: Path, name: str = DATABASE_NAME) -> str:
    """The address of a database behind a socket folder, for Django, psycopg and psql alike."""
    return f"postgresql://{DATABASE_USER}@/{quote(name)}?host={quote(str(socket_dir))}&port={POSTGRES_PORT}"


def redis_url(socket: Path, database: int = 0) -> str:
    return f"unix://{quote(str(socket))}?db={database}"


def celery_broker_url(url: str) -> str:
    """The same Redis in Celery's spelling: kombu knows `redis+socket://`, the redis client knows `unix://`."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


@dataclass(frozen=True, slots=True)
class EmbeddedPaths:
    """The folders of one checkout. Looking at them creates nothing; only `secret` writes."""

    base_dir: Path

    @property
    def var(self) -> Path:
        return self.base_dir / "var"

    @property
    def media_root(self) -> Path:
        return self.var / "media"

    @property
    def static_root(self) -> Path:
        return self.var / "static"

    @property
    def secrets(self) -> Path:
        return self.var / "secrets"

    @property
    def postgres_data(self) -> Path:
        return self.var / "postgres"

    @property
    def redis_data(self) -> Path:
        return self.var / "redis"

    @property
    def runtime(self) -> Path:
        return runtime_folder(self.base_dir)

    @property
    def postgres_sockets(self) -> Path:
        return self.runtime / "postgres"

    @property
    def redis_socket(self) -> Path:
        return self.runtime / "redis.sock"

    @property
    def database_url(self) -> str:
        return database_url(self.postgres_sockets)

    @property
    def redis_url(self) -> str:
        return redis_url(self.redis_socket)

    def prepare(self) -> None:
        """Create the folders that the services expect.

        For root the socket folder may be passed through by others, because PostgreSQL then runs as another user; the
        sockets themselves stay closed.
        """
        for folder in (self.var, self.media_root):
            folder.mkdir(parents=True, exist_ok=True)
        private_folder(self.runtime, mode=runtime_mode())

    def secret(self, name: str, *, size: int = SECRET_BYTES) -> str:
        """Read the generated secret `name`, or create it (0600) from `size` random bytes.

        Processes that start together get the same one.
        """
        path = self.secrets / name
        try:
            return _read_secret(path)
        except FileNotFoundError:
            self.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
            _create_secret(path, size)
            return _read_secret(path)


def secret(name: str, *, size: int = SECRET_BYTES) -> str:
    """The generated secret `name` of this checkout; `size` is its random bytes, for one that people type."""
    return EmbeddedPaths(BASE_DIR).secret(name, size=size)


def runtime_mode() -> int:
    """Root's socket folder lets the server's user pass; anybody else's is closed."""
    return 0o711 if os.geteuid() == 0 else 0o700


def _read_secret(path: Path) -> str:
    value = path.read_text(encoding="ascii").strip()
    if not value:
        raise EmbeddedError(f"{path} is empty. Remove it, then start again: a new secret is made.")
    return value


def _create_secret(path: Path, size: int) -> None:
    """Write aside, then link: the name appears whole or not at all, and the first of several writers wins."""
    descriptor, aside = tempfile.mkstemp(dir=path.parent)  # O_EXCL, 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(size))
        Path(path).hardlink_to(aside)
    except FileExistsError:
        pass
    finally:
        Path(aside).unlink()
