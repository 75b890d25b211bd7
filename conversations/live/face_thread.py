"""A face that is told things from the call's loop and drawn on another thread."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

import av

from conversations.live.events import Floor, Phoneme
from conversations.live.ports import Face, FollowsNetwork
from conversations.live.pose import Pose

MOST_FROM_NOTICING = 0.5


class PosedFace(Face, Protocol):
    """A face that is drawn from poses."""

    def pose(self, at_s: float) -> Pose: ...


class QueuedFace:
    """A `Face` around another: what it is told waits, in order, until the next picture is drawn.

    `worry()` (0 to 1) is what was noticed beside the words: it may show on the face, less than words do.
    """

    def __init__(self, face: PosedFace, *, worry: Callable[[], float] = lambda: 0.0) -> None:
        self._face, self._worry = face, worry
        self._told: deque[Callable[[], None]] = deque()  # append and popleft are atomic
        self._when_told: Callable[[], None] = lambda: None

    def follow(self, carried: Callable[[], float]) -> None:
        if isinstance(self._face, FollowsNetwork):
            self._face.follow(carried)

    def when_told(self, call: Callable[[], None]) -> None:
        self._when_told = call

    def say(self, phonemes: Sequence[Phoneme], starts_s: float) -> None:
        self._tell(lambda: self._face.say(phonemes, starts_s))

    def hush(self, at_s: float) -> None:
        self._tell(lambda: self._face.hush(at_s))

    def attend(self, floor: Floor, at_s: float, *, concern: float = 0.0, nod: bool = False) -> None:
        shown = max(concern, MOST_FROM_NOTICING * self._worry())
        self._tell(lambda: self._face.attend(floor, at_s, concern=shown, nod=nod))

    def draw(self, at_s: float) -> av.VideoFrame:
        self._listen()
        return self._face.draw(at_s)

    def pose(self, at_s: float) -> Pose:
        """How it holds itself. To be asked on the thread that draws."""
        self._listen()
        return self._face.pose(at_s)

    def _tell(self, what: Callable[[], None]) -> None:
        self._told.append(what)
        self._when_told()

    def _listen(self) -> None:
        while self._told:
            self._told.popleft()()
