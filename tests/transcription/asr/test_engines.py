"""Engines by name, each loaded once."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest

from transcription.asr.engines import registry
from transcription.asr.engines.base import EngineConfig
from transcription.asr.engines.cache import EngineCache
from transcription.asr.engines.fake import FakeEngine
from transcription.asr.types import EngineError

ENGINES = {"counting": f"{__name__}.CountingEngine", "fake": registry.ENGINES["fake"]}


class CountingEngine(FakeEngine):
    loads: ClassVar[list[str]] = []

    def __init__(self, config: EngineConfig) -> None:
        super().__init__(config)
        if config.model == "broken":
            raise EngineError("model_missing", "There is no such model.")
        self.loads.append(config.model)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    CountingEngine.loads.clear()
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> EngineCache:
    return EngineCache(2, engines=ENGINES, clock=clock)


def test_engines_are_described_and_made_by_name() -> None:
    assert registry.describe("embedded").languages == frozenset({"en"})
    assert registry.describe("faster_whisper").translation
    assert isinstance(registry.create("fake", EngineConfig("fake")), FakeEngine)
    with pytest.raises(EngineError, match="Choose one of: assemblyai, embedded, fake") as caught:
        registry.describe("nobody")
    assert caught.value.type == "engine_unknown"


def test_one_load_for_many_threads(cache: EngineCache) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: cache.get("counting", EngineConfig("m")), range(40)))
    assert len(set(map(id, found))) == 1
    assert CountingEngine.loads == ["m"]


def test_the_least_recently_used_engine_goes(cache: EngineCache) -> None:
    first = weakref.ref(cache.get("counting", EngineConfig("a")))
    second = weakref.ref(cache.get("counting", EngineConfig("b")))
    cache.get("counting", EngineConfig("a"))
    cache.get("counting", EngineConfig("c"))
    gc.collect()
    assert second() is None
    assert first() is not None
    assert [key[1].model for key in cache.loaded()] == ["a", "c"]


def test_loading_and_unloading_are_told(cache: EngineCache, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """So that an operator sees what fills the memory."""
    caplog.set_level("INFO")
    for model in ("a", "a", "b", "c"):
        cache.get("counting", EngineConfig(model))
    clock.now += 100
    cache.unload_idle(60)
    told = [record.getMessage().partition(" in ")[0] for record in caplog.records]
    assert told == [
        "model_loaded: a (counting)",
        "model_loaded: b (counting)",
        "model_unloaded: a (counting) for another one",
        "model_loaded: c (counting)",
        "model_unloaded: b (counting) after nobody used it for a while",
        "model_unloaded: c (counting) after nobody used it for a while",
    ]


def test_configurations_are_different_engines(cache: EngineCache) -> None:
    assert cache.get("fake", EngineConfig("a")) is not cache.get("fake", EngineConfig("a", device="cpu"))


def test_idle_engines_are_unloaded(cache: EngineCache, clock: Clock) -> None:
    cache.get("counting", EngineConfig("a"))
    clock.now = 100
    cache.get("counting", EngineConfig("b"))
    assert cache.unload_idle(60) == 1
    assert [key[1].model for key in cache.loaded()] == ["b"]
    cache.clear()
    assert cache.loaded() == ()


def test_a_failed_load_is_tried_again(cache: EngineCache) -> None:
    for _ in range(2):
        with pytest.raises(EngineError, match="no such model"):
            cache.get("counting", EngineConfig("broken"))
    assert cache.loaded() == ()
