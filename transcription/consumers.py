"""The live process: job events by WebSocket and as server-sent events. It serves nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import orjson
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from config.common.errors import ApplicationError
from organizations import bus
from organizations.live_door import Guarded
from organizations.roles import Action
from organizations.tenancy import Caller
from transcription import events
from transcription.models import Job
from transcription.services import presence, selectors
from transcription.services.presence import Seat
from transcription.states import FINAL_JOB_STATUSES

if TYPE_CHECKING:
    from asgiref.typing import HTTPDisconnectEvent, HTTPRequestEvent

# Close codes of our own begin at 4000; the rest mirrors HTTP.
CLOSE_BASE = 4000
# "Service restart": clients reconnect, and are asked again who they are.
KNOCK_AGAIN = 1012
PING_SECONDS = 15
MAX_SNAPSHOT = 500
# What a page tells about the line it is in: short, and not more often than anybody could move.
LONGEST_MESSAGE, LEAST_PAUSE = 200, 0.1


def job_id_of(scope: Any) -> UUID:
    """What the address names."""
    job_id: UUID = scope["url_route"]["kwargs"]["job_id"]
    return job_id


@database_sync_to_async
def visible_job(caller: Caller, job_id: UUID) -> dict[str, Any]:
    """The job's newest event. Raises NotFound, for a foreign job as for a missing one."""
    caller.require(Action.JOBS_READ)
    job: Job = Job.objects.visible_to(caller).select_related("transcript").get_or_404(job_id)
    return _event(job)


@database_sync_to_async
def visible_transcript(caller: Caller, transcript_id: UUID) -> dict[str, Any]:
    """How the transcript stands. Raises NotFound, for a foreign one as for a missing one."""
    caller.require(Action.TRANSCRIPTS_READ)
    row = selectors.transcript(caller, transcript_id)
    return {"transcript": str(row.pk), "version": row.version, "status": row.status, "locked": row.is_locked}


@database_sync_to_async
def active_jobs(caller: Caller) -> list[dict[str, Any]]:
    caller.require(Action.JOBS_READ)
    rows = Job.objects.visible_to(caller).active().order_by("-created_at")[:MAX_SNAPSHOT]
    return [events.job_event(job) for job in rows]


def _event(job: Job) -> dict[str, Any]:
    transcript = getattr(job, "transcript", None)
    return events.job_event(job, transcript_id=transcript and transcript.pk)


class LiveSocket(Guarded, AsyncWebsocketConsumer):
    """Joins its groups first and then sends a snapshot, so that nothing falls between the two."""

    async def connect(self) -> None:
        await self.accept()
        try:
            caller = await self.enter()
            await self.send_json(await self.snapshot(caller))
            self.entered = True
        except ApplicationError as error:
            await self.leave()
            await self.send_json({"type": "error", "error_type": error.error_type, "message": error.detail})
            await self.close(code=CLOSE_BASE + error.status)

    async def snapshot(self, caller: Caller) -> dict[str, Any]:
        raise NotImplementedError

    async def disconnect(self, code: int) -> None:
        await self.leave()

    async def live_event(self, message: dict[str, Any]) -> None:
        if self.entered:
            await self.send_json(message["event"])

    async def live_recheck(self, message: dict[str, Any]) -> None:
        """SECURITY: who lost a right must not go on listening. Those who may come back at once."""
        if self.entered:
            await self.leave()
            await self.close(code=KNOCK_AGAIN)

    async def send_json(self, data: dict[str, Any]) -> None:
        await self.send(text_data=orjson.dumps(data).decode())


class OrganizationSocket(LiveSocket):
    """Everything that happens in one organization."""

    def groups_of(self, caller: Caller) -> tuple[str, ...]:
        return (bus.organization_group(caller.organization.pk),)

    async def snapshot(self, caller: Caller) -> dict[str, Any]:
        return {"type": "snapshot", "jobs": await active_jobs(caller)}


class JobSocket(LiveSocket):
    """One job, until whoever listens goes away."""

    def groups_of(self, caller: Caller) -> tuple[str, ...]:
        return (bus.job_group(job_id_of(self.scope)),)

    async def snapshot(self, caller: Caller) -> dict[str, Any]:
        return {"type": "snapshot", "jobs": [await visible_job(caller, job_id_of(self.scope))]}


class TranscriptSocket(LiveSocket):
    """One transcript: who else is here and in which line, and news of its text, comments and review."""

    seat: Seat | None = None
    renewing: asyncio.Task[None] | None = None
    may_write = False
    heard_at = 0.0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Sending to somebody who has just gone ends a consumer without `disconnect`; their seat must not stay."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self.leave()

    def groups_of(self, caller: Caller) -> tuple[str, ...]:
        return (bus.transcript_group(self.transcript_id),)

    @property
    def transcript_id(self) -> UUID:
        transcript_id: UUID = self.scope["url_route"]["kwargs"]["transcript_id"]
        return transcript_id

    async def snapshot(self, caller: Caller) -> dict[str, Any]:
        known = await visible_transcript(caller, self.transcript_id)
        # A program listens and is nobody who sits there.
        if caller.user is not None:
            self.may_write = caller.can(Action.TRANSCRIPTS_WRITE)
            self.seat = Seat(self.transcript_id, uuid4().hex, caller.user.pk, caller.user.name)
        self.renewing = asyncio.create_task(self._renew(caller))
        return {"type": "snapshot", **known, "people": await self._sit()}

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """`{"type": "here", "segment": id | null}`: the line that the person is in. All else is ignored."""
        moment = asyncio.get_running_loop().time()
        if self.seat is None or not self.may_write or moment - self.heard_at < LEAST_PAUSE:
            return
        try:
            self.seat = replace(self.seat, segment=_line_of(text_data or ""))
        except ValueError:
            return
        self.heard_at = moment
        await self._sit()

    async def leave(self) -> None:
        if self.renewing is not None:
            self.renewing.cancel()
        seat, self.seat = self.seat, None
        if seat is not None:
            await self._tell(await sync_to_async(presence.give_up)(seat))
        await super().leave()

    async def _sit(self) -> list[dict[str, Any]]:
        people = await self._people()
        if self.seat is not None:
            await self._tell(people)
        return people

    async def _people(self) -> list[dict[str, Any]]:
        """Everybody who is here, with the own seat renewed."""
        if self.seat is None:
            return await sync_to_async(presence.seen)(self.transcript_id)
        return await sync_to_async(presence.take)(self.seat)

    async def _tell(self, people: list[dict[str, Any]]) -> None:
        group = bus.transcript_group(self.transcript_id)
        await self.channel_layer.group_send(group, {"type": "live.event", "event": self._event_of(people)})

    def _event_of(self, people: list[dict[str, Any]]) -> dict[str, Any]:
        return {"type": "presence", "transcript": str(self.transcript_id), "people": people}

    async def _renew(self, caller: Caller) -> None:
        """SECURITY: a look at the rows as well; a call to leave may have got lost."""
        while True:
            await asyncio.sleep(presence.RENEW_SECONDS)
            try:
                await visible_transcript(await self.still(caller), self.transcript_id)
            except ApplicationError:
                await self.channel_layer.send(self.channel_name, {"type": "live.recheck"})
                return
            # Its own page alone: the others renew too, and each sees who vanished without a word.
            await self.live_event({"event": self._event_of(await self._people())})


def _line_of(message: str) -> UUID | None:
    """The line that a message names. Raises ValueError where it means nothing."""
    match orjson.loads(message) if len(message) <= LONGEST_MESSAGE else None:
        case {"type": "here", "segment": None}:
            return None
        case {"type": "here", "segment": str(segment)}:
            return UUID(segment)
    raise ValueError("not a line")


class JobEventStream(Guarded, AsyncHttpConsumer):
    """Server-sent events of one job; the stream ends when the job has ended."""

    sequence = -1
    pinging: asyncio.Task[None] | None = None

    async def http_request(self, message: HTTPRequestEvent) -> None:
        """Unlike a plain request this one stays open: what follows are events of the channel layer."""
        if message.get("more_body"):
            return
        try:
            await self._open(job_id_of(self.scope))
        except ApplicationError as error:
            await self.leave()
            await self._refuse(error)

    def groups_of(self, caller: Caller) -> tuple[str, ...]:
        return (bus.job_group(job_id_of(self.scope)),)

    async def _open(self, job_id: UUID) -> None:
        caller = await self.enter()
        event = await visible_job(caller, job_id)
        headers = [(b"Content-Type", b"text/event-stream"), (b"Cache-Control", b"no-store"), *cors_headers(self.scope)]
        await self.send_headers(headers=headers)
        self.entered = True
        self.pinging = asyncio.create_task(self._ping(caller, job_id))
        await self._send_event(event)

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
        await self.leave()
        raise StopConsumer

    async def _ping(self, caller: Caller, job_id: UUID) -> None:
        """Keep proxies from closing the line; a look at the rows mends an event or a call to leave that got lost."""
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self.send_body(b": still here\n\n", more_body=True)
            try:
                event = await visible_job(await self.still(caller), job_id)
            except ApplicationError:
                await self.channel_layer.send(self.channel_name, {"type": "live.recheck"})
                return
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
        await self.leave()
        await super().http_disconnect(message)

    async def leave(self) -> None:
        if self.pinging is not None:
            self.pinging.cancel()
        await super().leave()


def cors_headers(scope: Any) -> list[tuple[bytes, bytes]]:
    """What lets a page of an allowed origin read the stream with its own token; cookies are never part of it."""
    origin = dict(scope["headers"]).get(b"origin", b"").decode("latin-1")
    allowed = {*settings.CORS_ALLOWED_ORIGINS, settings.PUBLIC_URL}
    return [(b"Access-Control-Allow-Origin", origin.encode()), (b"Vary", b"Origin")] if origin in allowed else []
