"""The face as numbers instead of pictures, for a browser that draws it: who sends them, and when.

`Link` carries the packets (`pose_packets`); the page says whether it draws (`face/edge.js`). Each pose is stamped with
the RTP time of the sound it belongs to, so that the page draws it when that sound is heard.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Protocol

from conversations.live import pose_packets
from conversations.live.out import FRAME_SAMPLES, OPUS_S, Out
from conversations.live.pose import Pose
from conversations.live.pose_packets import CLOCK_HZ, STEP_S

EVERY_S = 0.16  # of what a packet costs, most is that there is one: timers, threads, SCTP and what acknowledges it
POSES = round(EVERY_S / STEP_S) + 2  # two reach into the next packet's time: it may come late, or not at all
SOONEST_S = 0.04  # after a change of plan
_AROUND = 1 << 32


class Posing(Protocol):
    """A `Face` that can also be asked how it holds itself, without a picture."""

    def pose(self, at_s: float) -> Pose: ...

    def when_told(self, call: Callable[[], None]) -> None:
        """`call()` whenever the face is told something that changes what is to come."""
        ...


class Carrier(Protocol):
    """`Link`."""

    def voice_sent(self) -> int | None: ...

    def show(self, packet: bytes) -> None: ...


class PoseStream:
    """One per call. Poses are worked out in `pool`, the thread that else draws the face."""

    def __init__(self, out: Out, face: Posing, pool: Executor, carrier: Carrier) -> None:
        self._out, self._face, self._pool, self._carrier = out, face, pool, carrier
        self._origin: int | None = None
        self._sending: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        face.when_told(self._changed.set)

    @property
    def on(self) -> bool:
        return self._sending is not None

    def use(self, wanted: bool) -> None:
        """Begin or end to send."""
        if wanted == self.on:
            return
        if self._sending:
            self._sending.cancel()
            self._sending = None
        else:
            self._sending = asyncio.create_task(self._send())

    def reconnected(self) -> None:
        """The sound begins a new count, and the page says anew whether it draws."""
        self._origin = None
        self.use(False)

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._changed.clear()
            at_s = self._out.position_at(time.monotonic())
            poses = await loop.run_in_executor(self._pool, self._poses, at_s)
            origin = self._count_from()
            if origin is not None:
                timestamp = (origin + round((at_s + OPUS_S) * CLOCK_HZ)) % _AROUND
                self._carrier.show(pose_packets.encode(timestamp, poses))
            await self._next_due(loop)

    async def _next_due(self, loop: asyncio.AbstractEventLoop) -> None:
        """One timer rather than `asyncio.wait_for`, which starts a task for each packet."""
        soonest_s = loop.time() + SOONEST_S
        due = loop.call_later(EVERY_S, self._changed.set)
        try:
            await self._changed.wait()
        finally:
            due.cancel()
        if loop.time() < soonest_s:
            await asyncio.sleep(soonest_s - loop.time())

    def _poses(self, at_s: float) -> list[Pose]:
        return [self._face.pose(at_s + index * STEP_S) for index in range(POSES)]

    def _count_from(self) -> int | None:
        """The RTP timestamp of position 0.

        The last frame that went out is the last that was handed out, or one before it, which would give less.
        """
        sent = self._carrier.voice_sent()
        if sent is None:
            return None
        found = (sent - (self._out.played_samples - FRAME_SAMPLES)) % _AROUND
        if self._origin is None or 0 < (found - self._origin) % _AROUND < _AROUND // 2:
            self._origin = found
        return self._origin
