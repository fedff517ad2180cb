"""/health for load balancers, /health/detailed for people and monitors."""

from __future__ import annotations

import ipaddress
import secrets
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from redis.exceptions import RedisError

from config.common import liveness
from media.storage import StorageError, get_media_storage
from transcription.services import engines

_migrated = False


@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """200 only when the database is migrated and a worker is alive, so that nothing is sent to half a system."""
    checks = {"database": _passes(_database), "workers": _passes(_workers)}
    healthy = all(checks.values())
    return JsonResponse({"status": "ok" if healthy else "unavailable", **checks}, status=200 if healthy else 503)


@never_cache
def detailed(request: HttpRequest) -> JsonResponse:
    """Every part with its state and how long the look took, in seconds. For the internal network or by token."""
    if not is_internal(request):
        return JsonResponse({"detail": "Send the metrics token, or call from an internal network."}, status=403)
    parts = {"database": _database, "broker": _broker, "storage": _storage, "workers": _workers, "models": _models}
    report = {name: _look(check) for name, check in parts.items()}
    healthy = all(part["ok"] for part in report.values())
    return JsonResponse({"status": "ok" if healthy else "degraded", "parts": report}, status=200 if healthy else 503)


def is_internal(request: HttpRequest) -> bool:
    """By `Authorization: Bearer <METRICS_TOKEN>`, or by address when no proxy stands before us."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN and secrets.compare_digest(token.encode(), settings.METRICS_TOKEN.encode()):
        return True
    # SECURITY: behind a proxy every request has the proxy's address.
    if "X-Forwarded-For" in request.headers:
        return False
    address = ipaddress.ip_address(request.META.get("REMOTE_ADDR") or "0.0.0.0")  # noqa: S104 - matches no network
    return any(address in ipaddress.ip_network(network) for network in settings.INTERNAL_NETWORKS)


def _passes(check: Callable[[], dict[str, Any]]) -> bool:
    return bool(_look(check)["ok"])


def _look(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        result = {"ok": True, **check()}
    except (DatabaseError, RedisError, StorageError, OSError) as error:
        result = {"ok": False, "error": type(error).__name__}
    return {**result, "seconds": round(time.perf_counter() - started, 4)}


def _database() -> dict[str, Any]:
    global _migrated  # noqa: PLW0603 - migrations are never undone under a running process
    if not _migrated:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if pending:
            return {"ok": False, "pending_migrations": len(pending)}
        _migrated = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {}


def _broker() -> dict[str, Any]:
    liveness.client().ping()
    return {}


def _storage() -> dict[str, Any]:
    return {"place": get_media_storage().check_place()}


def _workers() -> dict[str, Any]:
    workers = liveness.alive()
    queues = sorted({queue for worker in workers for queue in worker.queues})
    return {"ok": bool(workers), "alive": [worker.name for worker in workers], "queues": queues}


def _models() -> dict[str, Any]:
    engine, model = engines.default()
    return {"engine": engine, "model": model}
