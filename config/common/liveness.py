"""Which workers are alive: a Redis key each, renewed while the process runs and gone soon after it dies."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields

import redis
from django.conf import settings

PREFIX = "tadwin:worker:"
LIFETIME_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Worker:
    """`engine` and `model` are what it would use for a job that names none; empty for a worker without recognition.

    `models`: what lies on its disk, folders of the operator's own included. `pyannote`: it tells speakers apart by it.
    `aligned`: the languages in which it finds the times of known words.
    """

    name: str
    queues: tuple[str, ...]
    engine: str = ""
    model: str = ""
    models: tuple[str, ...] = ()
    pyannote: bool = False
    aligned: tuple[str, ...] = ()


def client() -> redis.Redis:
    """A client of the broker's Redis that gives up quickly: callers are health checks and heartbeats."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def beat(worker: Worker) -> None:
    """Say that `worker` is alive now."""
    client().set(PREFIX + worker.name, json.dumps(asdict(worker)), ex=LIFETIME_SECONDS)


def forget(name: str) -> None:
    client().delete(PREFIX + name)


def alive() -> list[Worker]:
    """Every worker that beat within the last `LIFETIME_SECONDS`."""
    connection = client()
    keys = sorted(connection.scan_iter(match=PREFIX + "*", count=500))
    values = connection.mget(keys) if keys else []
    return [_read(value) for value in values if isinstance(value, bytes)]


def _read(value: bytes) -> Worker:
    """A worker of another version may say more, or less."""
    known = {field.name for field in fields(Worker)}
    said = {name: value for name, value in json.loads(value).items() if name in known}
    lists = {name: tuple(said.get(name, ())) for name in ("queues", "models", "aligned")}
    return Worker(**{**said, **lists})
