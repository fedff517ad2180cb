"""Columns of JSON that hot lists read, by the same reader as the bodies of requests."""

from __future__ import annotations

import json
from typing import Any

import orjson


class Decoder(json.JSONDecoder):
    """`JSONField(decoder=Decoder)`. Django makes one for each value, so making it must cost nothing."""

    def __init__(self, **_options: Any) -> None:
        pass

    def decode(self, s: str, *_more: Any) -> Any:
        return orjson.loads(s)
