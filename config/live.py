"""Small pieces of the live process that belong to no app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from channels.generic.http import AsyncHttpConsumer
from django.urls import re_path

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class NotFound(AsyncHttpConsumer):
    """Every other address; `/live/health` says that the process is up."""

    async def handle(self, body: bytes) -> None:
        headers = [(b"Content-Type", b"application/json")]
        if self.scope["path"] == "/live/health":
            await self.send_response(200, b'{"status":"ok"}', headers=headers)
            return
        problem = {"title": "Not found", "status": 404, "detail": "The live process serves only /live/."}
        await self.send_response(404, orjson.dumps(problem), headers=headers)


# Django's `re_path` is typed for views of the web process.
_re_path: Any = re_path
everything_else = _re_path("", NotFound.as_asgi())


class Lifespan:
    """Answers the server's start and stop, so that it logs no warning."""

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
