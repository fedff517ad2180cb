"""The servers: database, broker, live updates, workers."""

import secrets
from collections.abc import Iterator

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config.common import liveness
from config.management.doctor.report import Result
from transcription.states import Queue

OLDEST_POSTGRES = 15
OLDEST_REDIS = (6, 2)


def database() -> Iterator[Result]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = str(cursor.fetchone()[0])
        cursor.execute("SELECT name FROM pg_available_extensions WHERE name IN ('vector', 'pg_trgm', 'unaccent')")
        extensions = sorted(row[0] for row in cursor.fetchall())
    major = int(version.split(".", maxsplit=1)[0])
    if major < OLDEST_POSTGRES:
        hint = f"Upgrade to PostgreSQL {OLDEST_POSTGRES} or newer."
        yield Result("database", "version", "fail", f"PostgreSQL {version} is too old.", hint)
    else:
        yield Result("database", "version", "ok", f"PostgreSQL {version}")
    yield Result("database", "extensions", "ok", f"Available: {', '.join(extensions) or 'none'} (all are optional)")
    yield _migrations()


def _migrations() -> Result:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not pending:
        return Result("database", "migrations", "ok", "All migrations are applied.")
    first = pending[0][0]
    detail = f"{len(pending)} migrations are not applied, the first is {first.app_label}.{first.name}."
    return Result("database", "migrations", "fail", detail, "Run: python manage.py migrate")


def broker() -> Iterator[Result]:
    found = liveness.client().info("server")
    version = str(found["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        hint = f"Upgrade to Redis {'.'.join(map(str, OLDEST_REDIS))} or newer."
        yield Result("broker", "version", "fail", f"Redis {version} is too old.", hint)
    else:
        yield Result("broker", "version", "ok", f"Redis {version}")
    policy = str(liveness.client().info("memory").get("maxmemory_policy", "noeviction"))
    if policy == "noeviction":
        yield Result("broker", "memory", "ok", "Nothing is thrown away when memory is full.")
    else:
        hint = "Set maxmemory-policy to noeviction, or give the cache a Redis of its own."
        yield Result("broker", "memory", "warn", f"Redis throws keys away when full ({policy}).", hint)


def live_updates() -> Iterator[Result]:
    """A message to ourselves through the channel layer."""
    text = secrets.token_hex(8)
    if async_to_sync(_channel_round_trip)(text) == text:
        yield Result("live updates", "round trip", "ok", "A message went out and came back.")
    else:
        hint = "Web, live and workers must use the same REDIS_URL."
        yield Result("live updates", "round trip", "fail", "A message came back changed.", hint)


async def _channel_round_trip(text: str) -> str:
    layer = get_channel_layer()
    if layer is None:
        raise ImproperlyConfigured("CHANNEL_LAYERS names no layer.")
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "doctor", "text": text})
    answer = await layer.receive(channel)
    close = getattr(layer, "flush", None)
    if close is not None:
        await close()
    return str(answer["text"])


def workers() -> Iterator[Result]:
    """Is every queue served? In the embedded mode nobody may have started anything yet: that is a warning."""
    alive = liveness.alive()
    served = {name for worker in alive for name in worker.queues}
    for worker in alive:
        yield Result("workers", worker.name, "ok", f"Serves {', '.join(sorted(worker.queues))}.")
    unserved = [queue for queue in Queue.values if queue not in served]
    if unserved:
        start = "make run" if settings.EMBEDDED else f"celery -A config worker --queues={','.join(unserved)}"
        detail = f"No worker serves {', '.join(unserved)}: such jobs wait."
        yield Result("workers", "queues", "warn", detail, f"Start one: {start}")
