"""Hints over the channel layer, sent aside: whoever gives one neither waits for it nor hears of its loss.

The layer is asynchronous and its connections belong to an event loop; a thread of its
own keeps one, so that giving a hint costs a caller microseconds, with Redis up or down.
The first one leaves at once. Those given soon after leave together.
"""

import asyncio
import logging
import os
import threading
from collections import defaultdict
from uuid import UUID

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)
TIMEOUT_S = 2.0
APART_S = 0.1  # between two messages: each costs every process that listens a few milliseconds
MOST_WAITING = 2000  # more than that and the layer is stuck: the rest would be stale

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_pid = 0
_waiting: dict[str, set[str]] = defaultdict(set)
_under_way: set[str] = set()


def give(group: str, row_id: UUID) -> None:
    """Tell `group` that something about this row changed. It may be lost."""
    with _lock:
        loop = _running_loop()
        if len(_waiting[group]) < MOST_WAITING:
            _waiting[group].add(str(row_id))
        if group in _under_way:
            return
        _under_way.add(group)
    asyncio.run_coroutine_threadsafe(_send_all(group), loop)


def _running_loop() -> asyncio.AbstractEventLoop:
    """This process's loop for hints; a forked process makes its own. The caller holds the lock."""
    global _loop, _pid
    if _loop is None or _pid != os.getpid():
        _loop, _pid = asyncio.new_event_loop(), os.getpid()
        _waiting.clear()
        _under_way.clear()
        threading.Thread(target=_loop.run_forever, name="hints", daemon=True).start()
    return _loop


async def _send_all(group: str) -> None:
    while named := _take(group):
        await _send(group, named)
        await asyncio.sleep(APART_S)


def _take(group: str) -> list[str]:
    """What waits. If nothing does, whoever gives the next hint sends it."""
    with _lock:
        named = sorted(_waiting.pop(group, ()))
        if not named:
            _under_way.discard(group)
    return named


async def _send(group: str, named: list[str]) -> None:
    try:
        layer = get_channel_layer()
        if layer is not None:
            async with asyncio.timeout(TIMEOUT_S):
                await layer.group_send(group, {"type": "rows.changed", "ids": named})
    except Exception as problem:  # whatever breaks here, the row is committed and pages look by themselves
        logger.warning("%d hints were lost: %s", len(named), type(problem).__name__)
