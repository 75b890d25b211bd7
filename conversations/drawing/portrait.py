"""Puts someone together for a pose, redrawing only what moved."""

import cv2
import numpy as np
import numpy.typing as npt
import skia

from conversations.drawing.appearance import Appearance
from conversations.drawing.brush import Brush
from conversations.drawing.curves import Point
from conversations.drawing.eyes import paint_eye
from conversations.drawing.glasses import paint_glasses
from conversations.drawing.layers import layers_of
from conversations.drawing.mouth import paint_mouth
from conversations.drawing.picture import Picture, Pixels, Region, image_of
from conversations.drawing.puppet import Field, Puppet, Warp
from conversations.live.pose import Pose

_UNSEEN = 0.06  # pixels: a smaller move is not drawn
_BREATH = 3.2  # units the shoulders rise


class Portrait:
    """One person at one size. Keeps the last picture, so drawing the same pose again costs nothing."""

    def __init__(self, who: Appearance, size: int) -> None:
        self.who = who
        self._scale = size / 1000
        self._layers = layers_of(who, size)
        self.picture = Picture(self._layers.room.copy())
        self._puppet = Puppet(who)
        self._head: Pixels = np.empty_like(self._layers.head.pixels)
        self._clothes: Pixels = self._layers.clothes.pixels.copy()
        height, width = self._head.shape[:2]
        columns, rows = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
        self._grid_x, self._grid_y = np.meshgrid(columns, rows)
        self._from_x, self._from_y = np.empty_like(self._grid_x), np.empty_like(self._grid_y)
        self._shrink = self._grid_matrix()
        self._warp: Warp | None = None
        self._pose: Pose | None = None
        self._breath = 0.0

    def paint(self, pose: Pose) -> None:
        """Brings the picture and its planes to this pose."""
        if pose == self._pose:
            return
        first, self._pose = self._pose is None, pose
        breathed = first or abs(pose.breath - self._breath) * _BREATH * self._scale > 2 * _UNSEEN
        if breathed:
            self._warp_clothes(pose.breath)
        warp = self._puppet.pose(pose)
        if self._warp is None or warp.furthest_from(self._warp) * self._scale > _UNSEEN:
            self._warp_head(warp)
            self._warp = warp
        region = self._region(whole=breathed)
        self._compose(region, pose, self._warp)
        self.picture.publish(region)

    def _region(self, *, whole: bool) -> Region:
        head, clothes, size = self._layers.head, self._layers.clothes, self.picture.size
        if not whole:
            return Region.around(head.left, head.top, head.right, head.bottom, size)
        left, right = min(head.left, clothes.left), max(head.right, clothes.right)
        return Region.around(left, head.top, right, max(head.bottom, clothes.bottom), size)

    def _grid_matrix(self) -> npt.NDArray[np.float32]:
        """From a pixel of the head's layer to a place in the puppet's grid."""
        head, puppet = self._layers.head, self._puppet
        step = 1 / (self._scale * puppet.step)
        return np.array(
            [
                [step, 0, (head.left / self._scale - puppet.left) / puppet.step],
                [0, step, (head.top / self._scale - puppet.top) / puppet.step],
            ],
            np.float32,
        )

    def _warp_head(self, warp: Warp) -> None:
        for grid, field, target in (
            (self._grid_x, warp.across, self._from_x),
            (self._grid_y, warp.down, self._from_y),
        ):
            np.subtract(grid, self._enlarged(field), out=target)
        cv2.remap(self._layers.head.pixels, self._from_x, self._from_y, cv2.INTER_LINEAR, dst=self._head)

    def _enlarged(self, field: Field) -> Field:
        height, width = self._head.shape[:2]
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        scaled = field * np.float32(self._scale)
        return np.asarray(
            cv2.warpAffine(scaled, self._shrink, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        )

    def _warp_clothes(self, breath: float) -> None:
        pixels = self._layers.clothes.pixels
        height, width = pixels.shape[:2]
        stretch = 1 + _BREATH * breath * self._scale / height
        lift = np.array([[1, 0, 0], [0, stretch, height * (1 - stretch)]], np.float32)
        cv2.warpAffine(pixels, lift, (width, height), dst=self._clothes, flags=cv2.INTER_LINEAR)
        self._breath = breath

    def _compose(self, region: Region, pose: Pose, warp: Warp) -> None:
        picture, layers = self.picture, self._layers
        picture.pixels[region.window] = layers.room[region.window]
        canvas = picture.canvas
        canvas.save()
        canvas.clipRect(skia.Rect.MakeLTRB(region.left, region.top, region.right, region.bottom))
        canvas.drawImage(image_of(self._head), layers.head.left, layers.head.top)
        canvas.drawImage(image_of(self._clothes), layers.clothes.left, layers.clothes.top)
        canvas.scale(self._scale, self._scale)
        self._paint_features(pose, warp)
        canvas.restore()

    def _paint_features(self, pose: Pose, warp: Warp) -> None:
        canvas, who = self.picture.canvas, self.who
        brush = Brush(canvas)
        eyes, lips = who.eyes, who.lips
        anchors: list[tuple[Point, float]] = [((500 + way * eyes.apart, eyes.height - 4), 26.0) for way in (-1, 1)]
        anchors += [((500, lips.height - 20), 8.0), ((500, eyes.height), 70.0)]
        left, right, mouth, bridge = warp.matrices(anchors)
        for way, matrix in ((-1, left), (1, right)):
            canvas.save()
            canvas.concat(matrix)
            paint_eye(brush, who, pose, way)
            canvas.restore()
        if who.glasses:
            canvas.save()
            canvas.concat(bridge)
            paint_glasses(brush, who)
            canvas.restore()
        canvas.save()
        canvas.concat(mouth)
        paint_mouth(brush, who, pose)
        canvas.restore()
