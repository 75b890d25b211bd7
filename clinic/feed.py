"""One look at the queue for all open pages of this process.

Hints from the channel layer make it look at once; without them it looks every few
seconds by itself, so that a lost hint, an emptied Redis or none at all costs time and
never an escalation. Pages subscribe and are told what changed for their teams.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from clinic import queue
from clinic.escalations import GROUP

logger = logging.getLogger(__name__)
LOOK_EVERY_S = 5.0
GATHER_S = 0.1  # hints that come together are answered by one look
JOIN_GROUP_EVERY_S = 10.0  # an emptied Redis forgets who listens
RETRY_S = 5.0

Listener = Callable[[Mapping[UUID, queue.Seen]], None]
_feeds: "WeakKeyDictionary[asyncio.AbstractEventLoop, Feed]" = WeakKeyDictionary()


class Feed:
    """Looks while somebody listens."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._hinted = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def subscribe(self, listener: Listener) -> None:
        """`listener` is called in the event loop with every open escalation, after each look."""
        self._listeners.add(listener)
        self._hinted.set()
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._look()), asyncio.create_task(self._listen())]

    def unsubscribe(self, listener: Listener) -> None:
        self._listeners.discard(listener)
        if not self._listeners:
            for task in self._tasks:
                task.cancel()
            self._tasks = []

    async def _look(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._hinted.wait()
            self._hinted.clear()
            try:
                seen = await database_sync_to_async(queue.waiting, thread_sensitive=False)()
            except Exception as problem:  # the database may be away for a while; pages wait with what they have
                logger.warning("the queue could not be read: %s", type(problem).__name__)
                await asyncio.sleep(RETRY_S)
                continue
            for listener in list(self._listeners):
                listener(seen)
            await asyncio.sleep(GATHER_S)

    async def _listen(self) -> None:
        """Turn messages of the channel layer into looks. Without a layer, there are just no hints."""
        while True:
            try:
                await self._receive_hints()
            except Exception as problem:
                logger.warning("no hints from the channel layer (%s): looking without", type(problem).__name__)
            await asyncio.sleep(RETRY_S)

    async def _receive_hints(self) -> None:
        layer = get_channel_layer()
        if layer is None:
            return
        channel = await layer.new_channel()
        while True:
            await layer.group_add(GROUP, channel)
            with suppress(TimeoutError):
                async with asyncio.timeout(JOIN_GROUP_EVERY_S):
                    while True:
                        await layer.receive(channel)
                        self._hinted.set()


def of_this_loop() -> Feed:
    loop = asyncio.get_running_loop()
    return _feeds.setdefault(loop, Feed())
