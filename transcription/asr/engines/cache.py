"""Loaded engines of this process: each loaded once, the least recently used ones dropped."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from transcription.asr.engines.registry import ENGINES, create

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from transcription.asr.engines.base import Engine, EngineConfig

logger = logging.getLogger(__name__)
Key = tuple[str, "EngineConfig"]


@dataclass(slots=True)
class _Slot:
    loading: Lock = field(default_factory=Lock)
    engine: Engine | None = None
    used_at: float = 0.0


class EngineCache:
    """Keeps at most `max_loaded` engines, by name and configuration. Safe to use from several threads.

    An engine that is dropped while somebody still works with it goes when that work ends.
    """

    def __init__(
        self,
        max_loaded: int = 2,
        *,
        engines: Mapping[str, str] = ENGINES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_loaded = max_loaded
        self._engines = engines
        self._clock = clock
        self._slots: OrderedDict[Key, _Slot] = OrderedDict()
        self._lock = Lock()

    def get(self, name: str, config: EngineConfig) -> Engine:
        """The engine, loaded now if it is not yet. Raises EngineError where that fails; the next call tries again."""
        slot = self._slot((name, config))
        with slot.loading:
            if slot.engine is None:
                began = time.monotonic()
                slot.engine = create(name, config, self._engines)
                logger.info("model_loaded: %s (%s) in %.1f s", config.model, name, time.monotonic() - began)
            slot.used_at = self._clock()
            return slot.engine

    def _slot(self, key: Key) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            slot.used_at = self._clock()
            self._slots.move_to_end(key)
            while len(self._slots) > self._max_loaded:
                self._drop(next(iter(self._slots)), "for another one")
            return slot

    def _drop(self, key: Key, reason: str) -> None:
        slot = self._slots.pop(key)
        if slot.engine is not None:
            logger.info("model_unloaded: %s (%s) %s", key[1].model, key[0], reason)

    def unload_idle(self, older_than_s: float) -> int:
        """Drop the engines that nobody asked for in that many seconds; how many were dropped."""
        limit = self._clock() - older_than_s
        with self._lock:
            idle = [key for key, slot in self._slots.items() if slot.engine is not None and slot.used_at < limit]
            for key in idle:
                self._drop(key, "after nobody used it for a while")
        return len(idle)

    def clear(self) -> None:
        """Drop every engine."""
        with self._lock:
            self._slots.clear()

    def loaded(self) -> tuple[Key, ...]:
        """The engines in memory, the most recently used last."""
        with self._lock:
            return tuple(key for key, slot in self._slots.items() if slot.engine is not None)
