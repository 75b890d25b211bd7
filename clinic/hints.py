"""Hints over the channel layer, sent aside: whoever gives one neither waits for it nor hears of its loss.

The layer is asynchronous and its connections belong to an event loop; a thread of its
own keeps one, so that giving a hint costs a caller microseconds, with Redis up or down.
"""

import asyncio
import logging
import os
import threading

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)
TIMEOUT_S = 2.0
MOST_UNDER_WAY = 200  # more than that and the layer is stuck: the rest would be stale

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_pid = 0
_under_way = 0


def give(group: str, message: dict[str, str]) -> None:
    """Send `message`, which holds ids only, to `group`. It may be lost."""
    if _under_way < MOST_UNDER_WAY:
        asyncio.run_coroutine_threadsafe(_send(group, message), _running_loop())


def _running_loop() -> asyncio.AbstractEventLoop:
    """This process's loop for hints; a forked process makes its own."""
    global _loop, _pid, _under_way
    with _lock:
        if _loop is None or _pid != os.getpid():
            _loop, _pid, _under_way = asyncio.new_event_loop(), os.getpid(), 0
            threading.Thread(target=_loop.run_forever, name="hints", daemon=True).start()
        return _loop


async def _send(group: str, message: dict[str, str]) -> None:
    global _under_way
    _under_way += 1
    try:
        layer = get_channel_layer()
        if layer is not None:
            async with asyncio.timeout(TIMEOUT_S):
                await layer.group_send(group, message)
    except Exception as problem:  # whatever breaks here, the row is committed and pages look by themselves
        logger.warning("a hint was lost: %s", type(problem).__name__)
    finally:
        _under_way -= 1
