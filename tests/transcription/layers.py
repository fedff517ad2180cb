"""A channel layer at which something happens in the moment that a connection joins its groups."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ClassVar

from channels_redis.pubsub import RedisPubSubChannelLayer  # type: ignore[import-untyped]


class HesitantLayer(RedisPubSubChannelLayer):
    """Runs `before`, once, before the first group is joined, and `after`, once, after the last."""

    before: ClassVar[Callable[[], None] | None] = None
    after: ClassVar[Callable[[], None] | None] = None
    LAST = "door."

    async def group_add(self, group: str, channel: str) -> None:
        await self._once("before")
        # Channels' own class has no methods; it hands them on to a layer for each event loop.
        await self.__getattr__("group_add")(group, channel)
        if group.startswith(self.LAST):
            await self._once("after")

    async def _once(self, name: str) -> None:
        act = getattr(type(self), name)
        if act is not None:
            setattr(type(self), name, None)
            await asyncio.to_thread(act)
