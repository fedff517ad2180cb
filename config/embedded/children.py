"""The processes of one machine, in the order they start."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.embedded.paths import EmbeddedPaths
from config.embedded.postgres import EmbeddedPostgres
from config.embedded.redis import EmbeddedRedis
from config.embedded.supervisor import Child

SERVICES, APPLICATION = 0, 1  # stages: the application stops before the services it uses
WORKER_GRACE_SECONDS = 40.0  # a piece of audio in C code takes up to 30 s; then the step is handed back
TRANSCRIBE_QUEUES = "default,small,medium,large"
LIGHT_QUEUES = "light,diarize"
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, never listened on


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the web and the live process listen."""

    host: str
    port: int
    live_port: int

    @property
    def web(self) -> str:
        return f"http://{self._shown_host}:{self.port}"

    @property
    def live(self) -> str:
        return f"http://{self._shown_host}:{self.live_port}"

    @property
    def local(self) -> str:
        """The web process seen from this machine."""
        loopback = dict(zip(EVERYWHERE, ("127.0.0.1", "[::1]"), strict=True))
        return f"http://{loopback.get(self.host, self._shown_host)}:{self.port}"

    @property
    def _shown_host(self) -> str:
        """`0.0.0.0` is every address of this machine, but none that a browser can use."""
        host = os.uname().nodename if self.host in EVERYWHERE else self.host
        return f"[{host}]" if ":" in host else host

    def environment(self) -> dict[str, str]:
        """What the settings of the children need to know; what the environment says already wins."""
        found = {
            "PUBLIC_URL": self.web,
            "LIVE_URL": self.live,
            "ALLOWED_HOSTS": f"127.0.0.1,localhost,[::1],{self._shown_host}",
        }
        return {name: os.environ.get(name, value) for name, value in found.items()}


def postgres_child(server: EmbeddedPostgres) -> Child:
    """The command is known only after `prepare` has run once: it may move programs and data for root."""
    server.prepare()
    return Child(
        name="postgres",
        command=server.command,
        stage=SERVICES,
        stop_signal=server.stop_signal,
        grace_seconds=30,
        prepare=server.prepare,
        log=server.log,
        options=server.spawn_options,
    )


def redis_child(server: EmbeddedRedis) -> Child:
    return Child(
        name="redis",
        command=server.command,
        stage=SERVICES,
        grace_seconds=15,
        prepare=server.prepare,
        log=server.log,
        options=server.spawn_options,
    )


def application_children(
    paths: EmbeddedPaths, addresses: Addresses, *, threads: int, reload: bool = False
) -> Iterator[Child]:
    """Beat last: nobody waits for it. `reload` starts each again when its Python files change."""
    yield _child("web", _web(addresses, threads, reload), addresses, {"DATABASE_POOL": "1"})
    yield _child("live", _live(addresses, reload), addresses)
    yield _worker("transcribe", paths, addresses, [f"--queues={TRANSCRIBE_QUEUES}", "--pool=solo"], reload)
    yield _worker("light", paths, addresses, [f"--queues={LIGHT_QUEUES}", "--pool=threads", "--concurrency=2"], reload)
    yield _child("beat", [*_celery(), "beat", "--pidfile="], addresses)


def _child(name: str, command: list[str], addresses: Addresses, environment: dict[str, str] | None = None) -> Child:
    known = {"PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "config.settings", **addresses.environment()}
    known["PYTHONWARNINGS"] = os.environ.get("PYTHONWARNINGS", "ignore:You're running the worker with superuser")
    return Child(name, command, environment=known | (environment or {}), stage=APPLICATION)


def _web(addresses: Addresses, threads: int, reload: bool) -> list[str]:
    command = [*_module("gunicorn"), "config.wsgi", "--worker-class=gthread", f"--threads={threads}", "--workers=1"]
    command += [f"--bind={_bind(addresses.host, addresses.port)}", "--no-control-socket", "--log-level=warning"]
    command += ["--graceful-timeout=5", "--timeout=120"]
    return [*command, "--reload"] if reload else command


def _live(addresses: Addresses, reload: bool) -> list[str]:
    command = [*_module("uvicorn"), "config.asgi:application", "--log-level=warning", "--timeout-graceful-shutdown=3"]
    command += [f"--host={addresses.host}", f"--port={addresses.live_port}", "--ws=websockets-sansio"]
    # Events are a few hundred bytes: compressing them costs 40 kB for every open page and saves nothing.
    command += ["--ws-per-message-deflate=false"]
    return [*command, "--reload"] if reload else command


def _worker(name: str, paths: EmbeddedPaths, addresses: Addresses, options: list[str], reload: bool) -> Child:
    command = [*_celery(), "worker", f"--hostname={name}@%h", "--loglevel=warning", *options]
    command += ["--without-gossip", "--without-mingle"]  # one machine: nobody to gossip with, and a faster start
    if reload:
        command = [*_module("watchfiles"), "--filter=python", " ".join(command), *_sources(paths.base_dir)]
    child = _child(name, command, addresses)
    return Child(
        name, child.command, environment=child.environment, stage=APPLICATION, grace_seconds=WORKER_GRACE_SECONDS
    )


def _sources(base_dir: Path) -> list[str]:
    return [str(path.parent) for path in sorted(base_dir.glob("*/__init__.py"))]


def _celery() -> list[str]:
    return [*_module("celery"), "--quiet", "-A", "config"]


def _module(name: str) -> list[str]:
    """Run by this interpreter, so that the environment need not be on PATH."""
    return [sys.executable, "-m", name]


def _bind(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
