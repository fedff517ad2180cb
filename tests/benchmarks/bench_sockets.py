"""2,000 open pages on one live process: `pytest -m benchmark -s tests/benchmarks/bench_sockets.py`.

Memory of the process, and the time from a commit's event until the last page has it.
"""

from __future__ import annotations

import asyncio
import json
import resource
import time
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from organizations import bus
from organizations.models import Organization
from tests.benchmarks.measure import cpu_seconds, memory_mib, percentile, show
from tests.factories import make_api_key, make_job
from tests.workers import Live

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]
SOCKETS, AT_ONCE, EVENTS = 2000, 50, 20


def test_two_thousand_sockets(organization: Organization) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * SOCKETS)), hard))
    _, key = make_api_key(organization)
    job = make_job(organization)
    with Live() as live:
        rows = asyncio.run(measure(live, organization, key, str(job.pk)))
    show(f"{SOCKETS} sockets of one organization on one live process", rows)


async def measure(live: Live, organization: Organization, key: str, job: str) -> list[tuple[str, str]]:
    pid = live.process.pid
    before, cpu, started = memory_mib(pid), cpu_seconds(pid), time.monotonic()
    sockets = await opened(f"ws://127.0.0.1:{live.port}/live/organization", key)
    took, used = time.monotonic() - started, cpu_seconds(pid) - cpu
    memory = memory_mib(pid)
    delays = [await delivered(sockets, organization, {"type": "job", "job": job, "sequence": n}) for n in range(EVENTS)]
    first, last = [one[0] for one in delays], [one[1] for one in delays]
    async with asyncio.timeout(60):
        await asyncio.gather(*(socket.close() for socket in sockets))
    return [
        ("opening all", f"{took:.1f} s, {used / SOCKETS * 1000:.1f} ms of CPU each, with their snapshots"),
        ("memory", f"{before:.0f} -> {memory:.0f} MiB, {(memory - before) * 1024 / SOCKETS:.0f} KiB a socket"),
        ("memory after the events", f"{memory_mib(pid):.0f} MiB"),
        ("an event at the first page", f"p50 {percentile(first, 0.5) * 1000:.0f} ms"),
        (
            f"an event at all {SOCKETS}",
            f"p50 {percentile(last, 0.5) * 1000:.0f} ms, slowest {max(last) * 1000:.0f} ms of {EVENTS}",
        ),
    ]


async def opened(address: str, key: str) -> list[ClientConnection]:
    gate = asyncio.Semaphore(AT_ONCE)
    headers = {"Authorization": f"Bearer {key}"}

    async def one() -> ClientConnection:
        async with gate:
            socket = await connect(address, additional_headers=headers, open_timeout=60)
            assert json.loads(await socket.recv())["type"] == "snapshot"
            return socket

    return list(await asyncio.gather(*(one() for _ in range(SOCKETS))))


async def delivered(
    sockets: list[ClientConnection], organization: Organization, event: dict[str, Any]
) -> tuple[float, float]:
    """Seconds until the first and until the last socket has the event."""
    waiting = [asyncio.create_task(arrival(socket, event)) for socket in sockets]
    await asyncio.sleep(0.1)
    started = time.monotonic()
    await asyncio.to_thread(bus.publish, organization.pk, event)
    async with asyncio.timeout(60):
        moments = await asyncio.gather(*waiting)
    return min(moments) - started, max(moments) - started


async def arrival(socket: ClientConnection, event: dict[str, Any]) -> float:
    assert json.loads(await socket.recv()) == event
    return time.monotonic()
