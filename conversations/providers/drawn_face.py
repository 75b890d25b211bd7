"""The assistant's face, drawn here: the `Face` of a call that shows server video."""

from collections.abc import Callable, Sequence
from typing import Protocol

import av
import numpy as np
import numpy.typing as npt
from av.video.plane import VideoPlane

from conversations.drawing.orb import Orb
from conversations.drawing.people import PEOPLE
from conversations.drawing.picture import Picture
from conversations.drawing.portrait import Portrait
from conversations.live.events import Floor, Phoneme
from conversations.live.face import Countenance
from conversations.live.pose import Pose

ORB = "orb"
APPEARANCES = (*PEOPLE, ORB)


class Drawing(Protocol):
    """Something that can take a pose."""

    picture: Picture

    def paint(self, pose: Pose) -> bool: ...


class DrawnFace:
    """A `Face`. One per call, used from one thread; layers are shared by calls that show the same person."""

    def __init__(self, appearance: str, size: int, *, seed: int = 1, reduced_motion: bool = False) -> None:
        """`size` is the side of the square picture in pixels, even; `appearance` one of `APPEARANCES`."""
        self._countenance = Countenance(seed, reduced_motion=reduced_motion)
        self._appearance = appearance
        self._drawing = drawing_of(appearance, size)
        self._frame: av.VideoFrame | None = None

    @property
    def picture(self) -> Picture:
        """What was drawn last."""
        return self._drawing.picture

    def sized(self, size: int) -> Callable[[], None]:
        """The same person at another size, mid-sentence if need be: what is returned puts it in place."""
        drawing = drawing_of(self._appearance, size)

        def use() -> None:
            self._drawing, self._frame = drawing, None

        return use

    def say(self, phonemes: Sequence[Phoneme], starts_s: float) -> None:
        self._countenance.say(phonemes, starts_s)

    def hush(self, at_s: float) -> None:
        self._countenance.hush(at_s)

    def attend(self, floor: Floor, at_s: float, *, concern: float = 0.0, nod: bool = False) -> None:
        self._countenance.attend(floor, at_s, concern=concern, nod=nod)

    def pose(self, at_s: float) -> Pose:
        """How it holds itself at a moment."""
        return self._countenance.pose(at_s)

    def draw(self, at_s: float) -> av.VideoFrame:
        """The picture for a moment. The same frame as before if nothing moved; never one that was changed."""
        if self._drawing.paint(self._countenance.pose(at_s)) or self._frame is None:
            self._frame = frame_of(self._drawing.picture)
        return self._frame


def drawing_of(appearance: str, size: int) -> Drawing:
    if size < 64 or size % 2:
        raise ValueError(f"a picture is at least 64 pixels wide and even, not {size}")
    if appearance == ORB:
        return Orb(size)
    if appearance not in PEOPLE:
        raise ValueError(f"nobody is called {appearance!r}; choose one of {', '.join(APPEARANCES)}")
    return Portrait(PEOPLE[appearance], size)


def frame_of(picture: Picture) -> av.VideoFrame:
    frame = av.VideoFrame(picture.size, picture.size, "yuv420p")
    for plane, pixels in zip(frame.planes, (picture.luma, picture.cb, picture.cr), strict=True):
        _fill(plane, pixels)
    return frame


def _fill(plane: VideoPlane, pixels: npt.NDArray[np.uint8]) -> None:
    height, width = pixels.shape
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    rows[:height, :width] = pixels
