"""AssemblyAI's HTTP interface on this machine, as far as we use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.local_server import Asked, LocalServer, Reply

WORDS = [
    {"text": "Hello", "start": 100, "end": 400, "confidence": 0.98, "speaker": "B"},
    {"text": "there.", "start": 420, "end": 800, "confidence": 0.9, "speaker": "B"},
    {"text": "Good", "start": 900, "end": 1100, "confidence": 0.8, "speaker": "A"},
    {"text": "day.", "start": 1150, "end": 1500, "confidence": 0.7, "speaker": "A"},
]


@dataclass
class Service:
    """AssemblyAI as far as we use it. `broken` answers instead of it, where it gives a reply."""

    server: LocalServer
    polls_needed: int = 2
    uploads: list[bytes] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    polls: int = 0
    ended: dict[str, Any] = field(default_factory=lambda: {"status": "completed", "words": WORDS})
    broken: Callable[[Asked], Reply | None] = lambda _asked: None

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != "secret-key":
            return as_json({"error": "Authentication error, API token missing/invalid"}, 401)
        return self.broken(asked) or self.work(asked)

    def work(self, asked: Asked) -> Reply:
        path = asked.path.partition("?")[0]
        if path == "/v2/upload":
            self.uploads.append(asked.body)
            return as_json({"upload_url": f"https://cdn.example/upload/{len(self.uploads)}"})
        if path == "/v2/transcript" and asked.method == "POST":
            self.orders.append(json.loads(asked.body))
            return as_json({"id": f"order-{len(self.orders)}", "status": "queued"})
        if path == "/v2/transcript":
            rows = [{"id": f"order-{n}", "audio_url": o["audio_url"]} for n, o in enumerate(self.orders, start=1)]
            return as_json({"transcripts": rows})
        self.polls += 1
        done = self.polls >= self.polls_needed
        state = self.ended if done else {"status": "processing"}
        return as_json({"id": path.rsplit("/", 1)[1], "language_code": "en_us", **state})


def as_json(data: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(data).encode(), {"Content-Type": "application/json", **headers})
