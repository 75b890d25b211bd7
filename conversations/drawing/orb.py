"""For those who would rather not see a face: a quiet light that breathes, and swells with the voice."""

from functools import lru_cache

import cv2
import numpy as np
import skia

from conversations.drawing.appearance import Room
from conversations.drawing.brush import Brush
from conversations.drawing.curves import oval
from conversations.drawing.picture import Picture, Pixels, Region, canvas_over, image_of
from conversations.live.pose import Pose

_UNSEEN = 0.0015
_REACH = 300  # half the side of the light's layer, in units


class Orb:
    """Draws poses as a light: the mouth makes it swell, concern makes it warmer and stiller."""

    def __init__(self, size: int) -> None:
        self._scale = size / 1000
        self._room, self._calm, self._warm = _layers(size)
        self.picture = Picture(self._room.copy())
        self._light: Pixels = np.empty_like(self._calm)
        self._drawn = (-1.0, -1.0)
        edge = round((500 - _REACH) * self._scale)
        self._region = Region.around(edge, edge, size - edge, size - edge, size)

    def paint(self, pose: Pose) -> bool:
        """Brings the picture and its planes to this pose. False if that changes nothing one could see."""
        voice = pose.mouth.open + 0.35 * pose.mouth.round + 0.25 * pose.mouth.wide
        swell = 0.80 + 0.03 * pose.breath + 0.15 * min(1.0, voice) - 0.03 * abs(pose.gaze_x) + 0.04 * pose.pitch
        warmth = min(1.0, max(0.0, pose.brow_inner))
        if max(abs(swell - self._drawn[0]), abs(warmth - self._drawn[1]) / 4) < _UNSEEN:
            return False
        self._drawn = (swell, warmth)
        self._compose(swell, warmth)
        self.picture.publish(self._region)
        return True

    def _compose(self, swell: float, warmth: float) -> None:
        side = len(self._calm)
        middle = side / 2
        grow = np.array([[swell, 0, middle * (1 - swell)], [0, swell, middle * (1 - swell)]], np.float32)
        colour = self._calm if warmth < 0.02 else cv2.addWeighted(self._calm, 1 - warmth, self._warm, warmth, 0)
        cv2.warpAffine(colour, grow, (side, side), dst=self._light, flags=cv2.INTER_LINEAR)
        picture, region = self.picture, self._region
        picture.pixels[region.window] = self._room[region.window]
        corner = (picture.size - side) // 2
        picture.canvas.drawImage(image_of(self._light), corner, corner)


@lru_cache(maxsize=4)
def _layers(size: int) -> tuple[Pixels, Pixels, Pixels]:
    room = np.zeros((size, size, 4), np.uint8)
    brush = _brush(room, size)
    wall = Room()
    everything = skia.Path()
    everything.addRect(skia.Rect.MakeWH(1000, 1000))
    brush.glow(everything, (500, 460), 760, [(0, wall.wall_light, 1), (0.6, wall.wall, 1), (1, wall.wall_dark, 1)])
    calm = _light(size, "#0b5c5c", "#3f8f8b", "#a9d3cc")
    warm = _light(size, "#7a4a1e", "#b9803f", "#efd2a4")
    return room, calm, warm


def _light(size: int, deep: str, middle: str, bright: str) -> Pixels:
    side = 2 * round(_REACH * size / 1000)
    pixels = np.zeros((side, side, 4), np.uint8)
    canvas = canvas_over(pixels)
    canvas.scale(size / 1000, size / 1000)
    canvas.translate(_REACH, _REACH)
    brush = Brush(canvas)
    brush.fill(oval((0, 0), 250, 250), middle, 0.16, blur=26)
    brush.fill(oval((0, 0), 214, 214), middle, 0.28, blur=16)
    disc = oval((0, 0), 180, 180)
    brush.glow(disc, (-46, -60), 270, [(0, bright, 1), (0.45, middle, 1), (1, deep, 1)])
    with brush.inside(disc):
        brush.fill(oval((-58, -72), 74, 52, -34), "#ffffff", 0.28, blur=26)
        brush.fill(oval((40, 120), 120, 50, -14), bright, 0.25, blur=26)
    return pixels


def _brush(pixels: Pixels, size: int) -> Brush:
    canvas = canvas_over(pixels)
    canvas.scale(size / 1000, size / 1000)
    return Brush(canvas)
