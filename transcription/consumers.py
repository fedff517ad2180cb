"""The live process: job events by WebSocket and as server-sent events. It serves nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import orjson
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http.request import validate_host
from django.utils.datastructures import CaseInsensitiveMapping

from config.common.errors import ApplicationError, NotAuthenticated, PermissionDenied
from organizations import authenticate, bus, tickets
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription import events
from transcription.models import Job
from transcription.states import FINAL_JOB_STATUSES

if TYPE_CHECKING:
    from asgiref.typing import HTTPDisconnectEvent, HTTPRequestEvent

# Close codes of our own begin at 4000; the rest mirrors HTTP.
CLOSE_BASE = 4000
# "Service restart": clients reconnect, and are asked again who they are.
KNOCK_AGAIN = 1012
PING_SECONDS = 15
MAX_SNAPSHOT = 500


async def caller_of(scope: Any) -> Caller:
    """Who is at the other end: a ticket, a token or key, or a browser's session. Raises ApplicationError."""
    query = parse_qs(scope.get("query_string", b"").decode())
    headers = CaseInsensitiveMapping({name.decode(): value.decode("latin-1") for name, value in scope["headers"]})
    organization = query.get("organization", [None])[0] or headers.get("X-Organization")
    if ticket := query.get("ticket", [None])[0]:
        caller = await database_sync_to_async(tickets.redeem)(ticket)
        if caller is None:
            raise PermissionDenied("The ticket is used or expired. Ask for a new one.")
        return caller
    if "Authorization" in headers or "X-API-Key" in headers:
        return await database_sync_to_async(authenticate.caller_from_credentials)(headers, organization)
    # SECURITY: a browser sends its session with requests of any page; only our own pages may use it.
    _require_own_origin(headers.get("Origin"))
    if not scope["user"].is_authenticated:
        raise NotAuthenticated("Sign in, or send an access token, an API key or a ticket.")
    return await database_sync_to_async(authenticate.caller_for_user)(scope["user"], organization)


def job_id_of(scope: Any) -> UUID:
    """What the address names."""
    job_id: UUID = scope["url_route"]["kwargs"]["job_id"]
    return job_id


def _require_own_origin(origin: str | None) -> None:
    host = urlsplit(origin or "").hostname or ""
    if origin is not None and not validate_host(host, settings.ALLOWED_HOSTS):
        raise PermissionDenied("This page may not open a live connection.")


@database_sync_to_async
def visible_job(caller: Caller, job_id: UUID) -> dict[str, Any]:
    """The job's newest event. Raises NotFound, for a foreign job as for a missing one."""
    caller.require(Action.JOBS_READ)
    job: Job = Job.objects.visible_to(caller).select_related("transcript").get_or_404(job_id)
    return _event(job)


@database_sync_to_async
def active_jobs(caller: Caller) -> list[dict[str, Any]]:
    caller.require(Action.JOBS_READ)
    rows = Job.objects.visible_to(caller).active().order_by("-created_at")[:MAX_SNAPSHOT]
    return [events.job_event(job) for job in rows]


def _event(job: Job) -> dict[str, Any]:
    transcript = getattr(job, "transcript", None)
    return events.job_event(job, transcript_id=transcript and transcript.pk)


class LiveSocket(AsyncWebsocketConsumer):
    """Joins its group first and then sends a snapshot, so that nothing falls between the two."""

    joined: tuple[str, ...] = ()

    async def connect(self) -> None:
        await self.accept()
        try:
            caller = await caller_of(self.scope)
            self.joined = (self.group_of(caller), bus.door_group(caller.organization.pk))
            for group in self.joined:
                await self.channel_layer.group_add(group, self.channel_name)
            await self.send_json(await self.snapshot(caller))
        except ApplicationError as error:
            await self.send_json({"type": "error", "error_type": error.error_type, "message": error.detail})
            await self.close(code=CLOSE_BASE + error.status)

    def group_of(self, caller: Caller) -> str:
        raise NotImplementedError

    async def snapshot(self, caller: Caller) -> dict[str, Any]:
        raise NotImplementedError

    async def disconnect(self, code: int) -> None:
        for group in self.joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def live_event(self, message: dict[str, Any]) -> None:
        await self.send_json(message["event"])

    async def live_recheck(self, message: dict[str, Any]) -> None:
        """SECURITY: who lost a right must not go on listening. Those who may come back at once."""
        await self.close(code=KNOCK_AGAIN)

    async def send_json(self, data: dict[str, Any]) -> None:
        await self.send(text_data=orjson.dumps(data).decode())


class OrganizationSocket(LiveSocket):
    """Everything that happens in one organization."""

    def group_of(self, caller: Caller) -> str:
        return bus.organization_group(caller.organization.pk)

    async def snapshot(self, caller: Caller) -> dict[str, Any]:
        return {"type": "snapshot", "jobs": await active_jobs(caller)}


class JobSocket(LiveSocket):
    """One job, until whoever listens goes away."""

    def group_of(self, caller: Caller) -> str:
        return bus.job_group(job_id_of(self.scope))

    async def snapshot(self, caller: Caller) -> dict[str, Any]:
        return {"type": "snapshot", "jobs": [await visible_job(caller, job_id_of(self.scope))]}


class JobEventStream(AsyncHttpConsumer):
    """Server-sent events of one job; the stream ends when the job has ended."""

    joined: tuple[str, ...] = ()
    sequence = -1
    pinging: asyncio.Task[None] | None = None

    async def http_request(self, message: HTTPRequestEvent) -> None:
        """Unlike a plain request this one stays open: what follows are events of the channel layer."""
        if message.get("more_body"):
            return
        try:
            await self._open(job_id_of(self.scope))
        except ApplicationError as error:
            await self._refuse(error)

    async def _open(self, job_id: UUID) -> None:
        caller = await caller_of(self.scope)
        await visible_job(caller, job_id)
        self.joined = (bus.job_group(job_id), bus.door_group(caller.organization.pk))
        for group in self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
        headers = [(b"Content-Type", b"text/event-stream"), (b"Cache-Control", b"no-store"), *cors_headers(self.scope)]
        await self.send_headers(headers=headers)
        self.pinging = asyncio.create_task(self._ping(caller, job_id))
        await self._send_event(await visible_job(caller, job_id))

    async def live_event(self, message: dict[str, Any]) -> None:
        await self._send_event(message["event"])

    async def live_recheck(self, message: dict[str, Any]) -> None:
        await self._end()

    async def _send_event(self, event: dict[str, Any]) -> None:
        if event["sequence"] <= self.sequence:
            return
        self.sequence = event["sequence"]
        await self.send_body(b"event: job\ndata: " + orjson.dumps(event) + b"\n\n", more_body=True)
        if event["status"] in FINAL_JOB_STATUSES:
            await self._end()

    async def _end(self) -> None:
        await self.send_body(b"")
        await self._leave()
        raise StopConsumer

    async def _ping(self, caller: Caller, job_id: UUID) -> None:
        """Keep proxies from closing the line; a look at the row mends an event that got lost."""
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self.send_body(b": still here\n\n", more_body=True)
            event = await visible_job(caller, job_id)
            await self.channel_layer.send(self.channel_name, {"type": "live.event", "event": event})

    async def _refuse(self, error: ApplicationError) -> None:
        body = orjson.dumps(
            {
                "title": error.title,
                "status": error.status,
                "detail": error.detail,
                "error_type": error.error_type,
                "status_code": error.status,
            }
        )
        headers = [(b"Content-Type", b"application/problem+json"), *cors_headers(self.scope)]
        await self.send_response(error.status, body, headers=headers)
        raise StopConsumer

    async def http_disconnect(self, message: HTTPDisconnectEvent) -> None:
        await self._leave()
        await super().http_disconnect(message)

    async def _leave(self) -> None:
        if self.pinging is not None:
            self.pinging.cancel()
        for group in self.joined:
            await self.channel_layer.group_discard(group, self.channel_name)


def cors_headers(scope: Any) -> list[tuple[bytes, bytes]]:
    """What lets a page of an allowed origin read the stream with its own token; cookies are never part of it."""
    origin = dict(scope["headers"]).get(b"origin", b"").decode("latin-1")
    allowed = {*settings.CORS_ALLOWED_ORIGINS, settings.PUBLIC_URL}
    return [(b"Access-Control-Allow-Origin", origin.encode()), (b"Vary", b"Origin")] if origin in allowed else []
