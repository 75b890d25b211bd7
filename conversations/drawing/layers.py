"""What is painted once: the room, the head, the clothes. Calls of one process that show the same person share it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from conversations.drawing.appearance import Appearance, HairStyle
from conversations.drawing.body import paint_neck
from conversations.drawing.brush import Brush
from conversations.drawing.clothes import paint_clothes
from conversations.drawing.eyes import paint_brow
from conversations.drawing.hair import BACK, FRONT, paint_beard
from conversations.drawing.head import paint_ears, paint_face, paint_nose
from conversations.drawing.picture import Pixels, canvas_over
from conversations.drawing.room import paint_room

MARGIN = 22  # units the head may move beyond where it was painted
_SEED = 7


@dataclass(frozen=True)
class Layer:
    """Pixels and where their upper left corner belongs in the picture."""

    pixels: Pixels
    left: int
    top: int

    @property
    def right(self) -> int:
        return self.left + int(self.pixels.shape[1])

    @property
    def bottom(self) -> int:
        return self.top + int(self.pixels.shape[0])


@dataclass(frozen=True)
class Layers:
    room: Pixels
    head: Layer
    clothes: Layer


@lru_cache(maxsize=8)
def layers_of(who: Appearance, size: int) -> Layers:
    """Takes about a second for a picture of 1080 pixels; then it is there."""
    rng = np.random.default_rng(_SEED)
    room = _painted(size, lambda brush: paint_room(brush, who, rng))
    head = _painted(size, lambda brush: _paint_head(brush, who, rng))
    clothes = _painted(size, lambda brush: paint_clothes(brush, who, rng))
    seen = head[..., 3].astype(bool) & (clothes[..., 3] < 255)
    margin = round(MARGIN * size / 1000)
    return Layers(_grained(room, rng), _trimmed(head, seen, margin), _trimmed(clothes, clothes[..., 3].astype(bool)))


def _paint_head(brush: Brush, who: Appearance, rng: np.random.Generator) -> None:
    style = who.hair.style
    if style in BACK:
        BACK[style](brush, who, rng)
    paint_neck(brush, who)
    if style not in (HairStyle.WAVES, HairStyle.BOB):
        paint_ears(brush, who)
    paint_face(brush, who)
    paint_nose(brush, who)
    for way in (-1, 1):
        paint_brow(brush, who, way, rng)
    if who.hair.beard:
        paint_beard(brush, who, rng)
    FRONT[style](brush, who, rng)


def _painted(size: int, paint: Callable[[Brush], None]) -> Pixels:
    pixels = np.zeros((size, size, 4), np.uint8)
    canvas = canvas_over(pixels)
    canvas.scale(size / 1000, size / 1000)
    paint(Brush(canvas))
    return pixels


def _trimmed(pixels: Pixels, seen: npt.NDArray[np.bool_], margin: int = 0) -> Layer:
    """Without the edges that are never seen, but for a margin in which it can move."""
    size = len(pixels)
    rows, columns = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
    left, top = max(0, int(columns[0]) - margin), max(0, int(rows[0]) - margin)
    right, bottom = min(size, int(columns[-1]) + 1 + margin), min(size, int(rows[-1]) + 1 + margin)
    return Layer(np.ascontiguousarray(pixels[top:bottom, left:right]), left, top)


def _grained(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A breath of grain, so that wide gradients do not band."""
    luma = pixels[..., 0].astype(np.float32) + rng.normal(0, 0.7, pixels.shape[:2]).astype(np.float32)
    pixels[..., 0] = np.clip(np.round(luma), 16, 235)
    return pixels
