"""What a browser does: cut a file, ask for addresses, and PUT."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import httpx

from media.storage import MediaStorage, PartPlan, SignedPart

PART = 5 << 20
SIZE = 2 * PART + 1000


@lru_cache(maxsize=1)
def recording() -> bytes:
    """Three parts, the last one short."""
    return os.urandom(SIZE)


@dataclass(frozen=True, slots=True)
class Sender:
    store: MediaStorage
    http: httpx.Client
    key: str
    upload_id: str

    @classmethod
    def open(cls, store: MediaStorage, http: httpx.Client, key: str) -> Sender:
        upload = store.open_upload(key, size=SIZE, content_type="audio/wav")
        assert upload.strategy == "multipart"
        return cls(store, http, key, upload.upload_id)

    def sign(self, *numbers: int, expires: int | None = None) -> list[SignedPart]:
        return self.store.sign_parts(self.key, self.upload_id, numbers, size=SIZE, part_size=PART, expires=expires)

    def send(self, numbers: Iterable[int], data: bytes | None = None) -> dict[int, str]:
        """PUT these parts and return their etags."""
        etags = {}
        for signed in self.sign(*numbers):
            answer = self.http.put(signed.url, content=piece(data or recording(), signed.number))
            assert answer.status_code == 200, answer.text
            etags[signed.number] = answer.headers["ETag"]
        return etags

    def complete(self, etags: dict[int, str] | None = None) -> int:
        return self.store.complete(self.key, self.upload_id, etags, size=SIZE)


def piece(data: bytes, number: int) -> bytes:
    plan = PartPlan(SIZE, PART)
    return data[plan.offset(number) : plan.offset(number) + plan.length(number)]
