"""Puts someone together for a pose, redrawing only what moved."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

import cv2
import numpy as np
import skia

from conversations.drawing.appearance import Appearance
from conversations.drawing.brush import Brush
from conversations.drawing.curves import Point
from conversations.drawing.eyes import paint_eye
from conversations.drawing.glasses import paint_glasses
from conversations.drawing.layers import Layers, layers_of
from conversations.drawing.mouth import paint_mouth
from conversations.drawing.picture import Picture, Pixels, Region, image_of
from conversations.drawing.puppet import Cells, Field, Grid, Puppet, Warp
from conversations.live.pose import Pose
from conversations.live.visemes import Mouth

# A slow drift is drawn in steps of this many pixels: too small to see, and a listening face costs little.
_UNSEEN = 0.25
_ALONG = 0.1  # what moved this far is redrawn with what moved further, so that it need not be by itself soon after
_LET_WAIT = 0.5  # pixels: while someone talks, each picture is new, and a breath need not be drawn with a nod
_EVERYWHERE = skia.Rect.MakeWH(1000, 1000)
_UNSEEN_PART = 0.004  # of the eyes and the mouth, as shares
BREATH = 3.2  # units the shoulders rise
_EYES = ("blink", "gaze_x", "gaze_y", "smile", "squint")
_MOUTH = ("smile", *(f"mouth.{part.name}" for part in fields(Mouth)))


@dataclass(frozen=True)
class Feature:
    """A part drawn anew for each pose, carried by how the head moves around `anchor`, within `reach` units of it.

    `follows` names what of a pose it shows.
    """

    anchor: Point
    reach: float
    paint: Callable[[Brush, Pose], None]
    follows: tuple[str, ...] = ()


def features(who: Appearance) -> list[Feature]:
    """In the order in which they are drawn."""
    eyes, lips = who.eyes, who.lips

    def eye(way: int) -> Feature:
        return Feature(
            (500 + way * eyes.apart, eyes.height - 4), 26.0, lambda brush, pose: paint_eye(brush, who, pose, way), _EYES
        )

    glasses = Feature((500, eyes.height), 70.0, lambda brush, _: paint_glasses(brush, who))
    mouth = Feature((500, lips.height - 20), 8.0, lambda brush, pose: paint_mouth(brush, who, pose), _MOUTH)
    return [eye(-1), eye(1), *([glasses] if who.glasses else []), mouth]


def grid_of(layers: Layers, scale: float) -> Grid:
    """The box in which the head moves. `scale` is pixels a unit."""
    head = layers.head
    return Grid(head.left / scale, head.top / scale, head.right / scale, head.bottom / scale)


def still_in_pixels(grid: Grid, width: int, height: int) -> Field:
    """The middles of a grid's cells in pixels, (2, rows, columns): enlarged, each pixel comes from where it is.

    But for half a cell at the edges, where the head never is.
    """
    columns = (np.arange(grid.columns, dtype=np.float32) + 0.5) * (width / grid.columns) - 0.5
    rows = (np.arange(grid.rows, dtype=np.float32) + 0.5) * (height / grid.rows) - 0.5
    return np.asarray(np.stack(np.meshgrid(columns, rows)), np.float32)


class Kept:
    """A feature as it was drawn last: drawn anew once it would look different, else laid down elsewhere."""

    def __init__(self, feature: Feature) -> None:
        self.feature = feature
        self._parts = [attrgetter(name) for name in feature.follows]
        self._shown: list[float] = []
        self._strokes: Any = None

    def is_unlike(self, pose: Pose) -> bool:
        """Whether one could see that it is of another pose."""
        pairs = zip(self._shown, self._parts, strict=False)
        return self._strokes is None or any(abs(part(pose) - shown) > _UNSEEN_PART for shown, part in pairs)

    def strokes(self, pose: Pose) -> Any:
        """A picture in Skia's sense: what the brush did."""
        if self.is_unlike(pose):
            recorder = skia.PictureRecorder()
            self.feature.paint(Brush(recorder.beginRecording(_EVERYWHERE)), pose)
            self._strokes, self._shown = recorder.finishRecordingAsPicture(), [part(pose) for part in self._parts]
        return self._strokes


class Portrait:
    """One person at one size. Keeps the last picture, so drawing the same pose again costs nothing."""

    def __init__(self, who: Appearance, size: int) -> None:
        self.who = who
        self._scale = size / 1000
        self._layers = layers_of(who, size)
        self.picture = Picture(self._layers.room.copy())
        self._puppet = Puppet(who, grid_of(self._layers, self._scale))
        self._head: Pixels = np.empty_like(self._layers.head.pixels)
        self._clothes: Pixels = self._layers.clothes.pixels.copy()
        height, width = self._head.shape[:2]
        self._still = still_in_pixels(self._puppet.grid, width, height)
        self._from_x, self._from_y = (np.empty((height, width), np.float32) for _ in range(2))
        self._kept = [Kept(feature) for feature in features(who)]
        self._warp: Warp | None = None
        self._pose: Pose | None = None
        self._breath = 0.0

    def paint(self, pose: Pose) -> bool:
        """Brings the picture and its planes to this pose. False if that changes nothing one could see."""
        moved = self._move_head(self._puppet.pose(pose))
        altered = any(kept.is_unlike(pose) for kept in self._kept)
        regions = [self._face_region()] if moved or altered else []
        if moved:
            regions = [regions[0].joined(moved)]
        waited = abs(pose.breath - self._breath) * BREATH * self._scale
        if self._pose is None or waited > (_LET_WAIT if moved and altered else _UNSEEN):
            self._warp_clothes(pose.breath)
            regions.append(self._clothes_region())
        if regions:
            self._pose = pose
        for region in regions:
            self._compose(region, pose)
            self.picture.publish(region)
        return bool(regions)

    def _clothes_region(self) -> Region:
        clothes = self._layers.clothes
        return Region.around(clothes.left, clothes.top, clothes.right, clothes.bottom, self.picture.size)

    def _face_region(self) -> Region:
        """Eyes to chin, wherever the head has turned."""
        who, scale = self.who, self._scale
        edges = (500 - 175, who.eyes.height - 70, 500 + 175, who.lips.height + 110)
        left, top, right, bottom = (edge * scale for edge in edges)
        return Region.around(left, top, right, bottom, self.picture.size)

    def _move_head(self, wanted: Warp) -> Region | None:
        """Redraws the part of the head that is seen to have moved, and says which."""
        before = self._warp
        cells = wanted.unlike(before, _UNSEEN / self._scale, _ALONG / self._scale) if before else wanted.grid.whole
        if cells is None:
            return None
        self._warp = before.taking(wanted, cells) if before else wanted
        return self._warp_head(self._warp, cells)

    def _warp_head(self, warp: Warp, cells: Cells) -> Region:
        head = self._layers.head
        height, width = self._head.shape[:2]
        # half a cell more at each side: between two cells' middles, both count
        wide, high = width / warp.grid.columns, height / warp.grid.rows
        left, right = max(0, int((cells.left - 0.5) * wide)), min(width, int((cells.right + 0.5) * wide) + 1)
        top, bottom = max(0, int((cells.top - 0.5) * high)), min(height, int((cells.bottom + 0.5) * high) + 1)
        part = slice(top, bottom), slice(left, right)
        sources = self._still - np.float32(self._scale) * warp.both
        for source, fine in zip(sources, (self._from_x, self._from_y), strict=True):
            cv2.resize(source, (width, height), dst=fine, interpolation=cv2.INTER_LINEAR)
        cv2.remap(head.pixels, self._from_x[part], self._from_y[part], cv2.INTER_LINEAR, dst=self._head[part])
        return Region.around(head.left + left, head.top + top, head.left + right, head.top + bottom, self.picture.size)

    def _warp_clothes(self, breath: float) -> None:
        pixels = self._layers.clothes.pixels
        height, width = pixels.shape[:2]
        stretch = 1 + BREATH * breath * self._scale / height
        lift = np.array([[1, 0, 0], [0, stretch, height * (1 - stretch)]], np.float32)
        cv2.warpAffine(pixels, lift, (width, height), dst=self._clothes, flags=cv2.INTER_LINEAR)
        self._breath = breath

    def _compose(self, region: Region, pose: Pose) -> None:
        picture, layers = self.picture, self._layers
        picture.pixels[region.window] = layers.room[region.window]
        canvas = picture.canvas
        canvas.save()
        canvas.clipRect(skia.Rect.MakeLTRB(region.left, region.top, region.right, region.bottom))
        canvas.drawImage(image_of(self._head), layers.head.left, layers.head.top)
        canvas.drawImage(image_of(self._clothes), layers.clothes.left, layers.clothes.top)
        canvas.scale(self._scale, self._scale)
        if self._warp and region.meets(self._face_region()):
            self._paint_features(pose, self._warp)
        canvas.restore()

    def _paint_features(self, pose: Pose, warp: Warp) -> None:
        anchors = [(kept.feature.anchor, kept.feature.reach) for kept in self._kept]
        for kept, matrix in zip(self._kept, warp.matrices(anchors), strict=True):
            self.picture.canvas.drawPicture(kept.strokes(pose), matrix)
