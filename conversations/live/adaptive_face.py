"""A face whose size and rate follow what machine and network can carry: `video.adapt`, once a second.

Drawn on the face's thread. A new size is made ready on another one, so that the lips do not stop for it.
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Protocol

import av

from conversations.live import encoders
from conversations.live.events import Floor, Phoneme
from conversations.live.ports import Face
from conversations.live.pose import Pose
from conversations.live.video import LADDER, Choice, Load, adapt

logger = logging.getLogger(__name__)

EVERY_S = 1.0
LATE = 1.6  # of a period


class Redrawable(Face, Protocol):
    """A face that can be drawn at another size."""

    def pose(self, at_s: float) -> Pose: ...

    def sized(self, size: int) -> Callable[[], None]:
        """Make ready, which may take a second, on any thread. What is returned changes the size, between two frames."""
        ...


class AdaptiveFace:
    """A `Face`. `fps` is how often it is asked for; `largest` the size it starts with and never exceeds.

    `encoded_s()` is the processor that was spent on encoding until now, whoever's thread it was spent on.
    """

    def __init__(
        self,
        face: Redrawable,
        *,
        fps: int,
        largest: int,
        workshop: Executor,
        cores_free: Callable[[], float] | None = None,
        cpu_s: Callable[[], float] = time.thread_time,
        encoded_s: Callable[[], float] = encoders.spent_s,
    ) -> None:
        self._carried: Callable[[], float] = lambda: float("inf")
        self._face, self._fps, self._workshop = face, fps, workshop
        self._cores_free, self._cpu_s, self._encoded_s = cores_free or CoresFree(), cpu_s, encoded_s
        self._top = _highest(largest, fps)
        self._choice = Choice(self._top)
        self._size, self._largest = largest, largest
        self._making: Future[Callable[[], None]] | None = None
        self._frame: av.VideoFrame | None = None
        self._asked_s = self._due_s = self._judged_s = float("-inf")
        self._cost_s, self._drawn, self._asked, self._late = 0.0, 0, 0, 0
        self._encoded_before_s = encoded_s()

    @property
    def wanted(self) -> tuple[int, int]:
        """Size and frames a second, as they should be now."""
        rung = self._choice.wanted
        return min(rung.size, self._largest), min(rung.fps, self._fps)

    def follow(self, carried: Callable[[], float]) -> None:
        self._carried = carried

    def say(self, phonemes: Sequence[Phoneme], starts_s: float) -> None:
        self._face.say(phonemes, starts_s)

    def hush(self, at_s: float) -> None:
        self._face.hush(at_s)

    def attend(self, floor: Floor, at_s: float, *, concern: float = 0.0, nod: bool = False) -> None:
        self._face.attend(floor, at_s, concern=concern, nod=nod)

    def pose(self, at_s: float) -> Pose:
        return self._face.pose(at_s)

    def draw(self, at_s: float) -> av.VideoFrame:
        """The picture for a moment; the one before, if the next is not due at the rate of now."""
        self._count(at_s)
        if self._frame is None or at_s >= self._due_s:
            self._change_size()
            began_s = self._cpu_s()
            self._frame = self._face.draw(at_s)
            self._cost_s += self._cpu_s() - began_s
            self._drawn += 1
            period_s = 1 / self.wanted[1]
            self._due_s = max(self._due_s + period_s, at_s + 0.5 * period_s)
        if at_s - self._judged_s >= EVERY_S:
            self._judge(at_s)
        return self._frame

    def _count(self, at_s: float) -> None:
        self._asked += 1
        self._late += at_s - self._asked_s > LATE / self._fps and self._asked > 1
        self._asked_s = at_s

    def _judge(self, at_s: float) -> None:
        encoded_s = self._encoded_s()
        if self._judged_s > float("-inf"):
            cost_s = (self._cost_s + encoded_s - self._encoded_before_s) / max(self._drawn, 1)
            load = Load(at_s, cost_s, self._late / max(self._asked, 1), self._cores_free(), self._carried())
            self._choice = adapt(self._choice, load, top=self._top)
        self._judged_s, self._encoded_before_s = at_s, encoded_s
        self._cost_s, self._drawn, self._asked, self._late = 0.0, 0, 0, 0

    def _change_size(self) -> None:
        """Begin to make another size, or put it in place once it is ready."""
        if self._making is None and self.wanted[0] != self._size:
            self._size = self.wanted[0]
            self._making = self._workshop.submit(self._face.sized, self._size)
        if self._making and self._making.done():
            made, self._making = self._making, None
            if made.exception():
                logger.warning("the face stays as it is: %s", type(made.exception()).__name__)
            else:
                made.result()()


def _highest(largest: int, fps: int) -> int:
    """The rung to start from: the largest that fits, at the rate asked for or the next above it."""
    size = max((rung.size for rung in LADDER if rung.size <= largest), default=LADDER[0].size)
    of_size = [index for index, rung in enumerate(LADDER) if rung.size == size]
    return next((index for index in of_size if LADDER[index].fps >= fps), of_size[-1])


class CoresFree:
    """Cores that this process uses or nobody does since it was asked last, at most 1. Linux."""

    def __init__(self, stat: Path = Path("/proc/stat")) -> None:
        self._stat = stat
        self._before = self._now()

    def __call__(self) -> float:
        before, self._before = self._before, self._now()
        wall_s, idle_s, own_s = (now - then for now, then in zip(self._before, before, strict=True))
        return min(1.0, max(0.05, (idle_s + own_s) / wall_s)) if wall_s > 0 else 1.0

    def _now(self) -> tuple[float, float, float]:
        ticks = [int(word) for word in self._stat.read_text().splitlines()[0].split()[1:]]
        idle_s = (ticks[3] + ticks[4]) / os.sysconf("SC_CLK_TCK")  # idle, and waiting for a disk
        return time.monotonic(), idle_s, time.process_time()
