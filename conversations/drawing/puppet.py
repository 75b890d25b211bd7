"""Moves a painted head: one texture, warped by smooth fields, so that skin follows jaw, brows and turn.

A pose is a sum of displacement fields on a coarse grid. The grid, enlarged, is the map the
texture is sampled through; its slope at a point carries the parts drawn anew (eyes, mouth).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import pi
from typing import Any

import numpy as np
import numpy.typing as npt
import skia

from conversations.drawing.appearance import Appearance
from conversations.drawing.curves import Curve, Point, Points
from conversations.drawing.terms import least, most, sine
from conversations.live.pose import Pose

Field = npt.NDArray[np.float32]  # (rows, columns)
Motion = tuple[float, Field | None, Field | None]  # how much, of which displacement across, and which down

_STEP = 10.0  # units between the grid's nodes, nearly
_JAW = 20.0
_TURN, _BOW = 27.0, 24.0
_BASE = 800.0  # below this height nothing moves: the neck stands on the shoulders


@dataclass(frozen=True)
class Cells:
    """A block of a grid's cells; the ends are not in it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def window(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True)
class Grid:
    """Cells over the box in which the head moves; edges in units."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def columns(self) -> int:
        return round((self.right - self.left) / _STEP)

    @property
    def rows(self) -> int:
        return round((self.bottom - self.top) / _STEP)

    @property
    def whole(self) -> Cells:
        return Cells(0, 0, self.columns, self.rows)

    def middles(self) -> tuple[Field, Field]:
        """x and y of the middle of every cell: what `cv2.resize` takes a sample to stand for."""
        across = (np.arange(self.columns, dtype=np.float32) + 0.5) * ((self.right - self.left) / self.columns)
        down = (np.arange(self.rows, dtype=np.float32) + 0.5) * ((self.bottom - self.top) / self.rows)
        x, y = np.meshgrid(np.float32(self.left) + across, np.float32(self.top) + down)
        return x.astype(np.float32), y.astype(np.float32)

    def cells(self, points: Curve) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Column and row of points, between the middles; outside the grid, the nearest place in it."""
        column = (points[:, 0] - self.left) * self.columns / (self.right - self.left) - 0.5
        row = (points[:, 1] - self.top) * self.rows / (self.bottom - self.top) - 0.5
        return (
            np.minimum(np.maximum(column, 0), self.columns - 1.001),
            np.minimum(np.maximum(row, 0), self.rows - 1.001),
        )


@dataclass(frozen=True)
class Warp:
    """Where each point of the drawing goes, as displacements in units, at the middles of a grid's cells."""

    grid: "Grid"
    both: Field  # (2, rows, columns): across, down

    @property
    def across(self) -> Field:
        across: Field = self.both[0]
        return across

    @property
    def down(self) -> Field:
        down: Field = self.both[1]
        return down

    def at(self, points: Curve) -> Curve:
        """The displacements at points of the picture, both (n, 2)."""
        column, row = self.grid.cells(points)
        i, j = column.astype(int), row.astype(int)
        u, v = column - i, row - j
        first = j * self.grid.columns + i
        corners = np.stack([first, first + 1, first + self.grid.columns, first + self.grid.columns + 1])
        shares = np.stack([(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v])
        found = self.both.reshape(2, -1).take(corners, axis=1)  # (2, corners, n)
        return np.asarray((found * shares).sum(axis=1).T, np.float64)

    def carried(self, points: Points) -> Curve:
        """Where points of the painted texture are seen."""
        painted = np.asarray(points, dtype=np.float64)
        seen = painted
        for _ in range(3):
            seen = painted + self.at(seen)
        return seen

    def matrices(self, anchors: Sequence[tuple[Point, float]]) -> list[Any]:
        """For each anchor and reach, the affine map that carries what is drawn around it."""
        cross = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
        seen = self.carried([(x + dx * reach, y + dy * reach) for (x, y), reach in anchors for dx, dy in cross])
        return [
            _affine(anchor, reach, seen[5 * index : 5 * index + 5]) for index, (anchor, reach) in enumerate(anchors)
        ]

    def unlike(self, other: "Warp", by: float, along: float) -> Cells | None:
        """The cells whose displacement differs by more than `along`, as one block, if any differs by more than `by`."""
        apart = np.abs(self.both - other.both).max(axis=0)
        if apart.max() <= by:
            return None
        far = apart > along
        columns, rows = np.flatnonzero(far.any(axis=0)), np.flatnonzero(far.any(axis=1))
        return Cells(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)

    def taking(self, other: "Warp", cells: Cells) -> "Warp":
        """This one, but like another in these cells."""
        both, window = self.both.copy(), (slice(None), *cells.window)
        both[window] = other.both[window]
        return Warp(self.grid, both)


def _affine(anchor: Point, reach: float, seen: Curve) -> Any:
    middle, right, left, below, above = seen
    (a, b), (c, d) = (right - left) / (2 * reach), (below - above) / (2 * reach)
    x, y = anchor
    matrix = skia.Matrix()
    matrix.setAll(a, c, middle[0] - a * x - c * y, b, d, middle[1] - b * x - d * y, 0, 0, 1)
    return matrix


class Puppet:
    """The fields of one appearance."""

    def __init__(self, who: Appearance, grid: Grid) -> None:
        self._who, self.grid = who, grid
        self._x, self._y = grid.middles()
        self._pivot = (500.0, who.skull.chin - 30)

    def pose(self, pose: Pose) -> Warp:
        amounts = np.array([amount for amount, _, _ in self.motions(pose)], np.float32)
        # not by BLAS, which takes several threads for it
        return Warp(self.grid, np.einsum("m,mayx->ayx", amounts, self._fields))

    @cached_property
    def _fields(self) -> npt.NDArray[np.float32]:
        """Those of `motions`, (motions, 2, rows, columns)."""
        still = np.zeros_like(self._x)
        both = [(across, down) for _, across, down in self.motions(Pose())]
        return np.stack([[still if field is None else field for field in pair] for pair in both])

    def motions(self, pose: Pose) -> list[Motion]:
        """How much of each field a pose is."""
        drop = pose.mouth.open * (1 - pose.mouth.lips_closed)
        smile = most(0.0, pose.smile)
        tilt = sine(pose.roll_deg * (pi / 180))
        return [
            (_JAW * drop + 3 * pose.mouth.tuck, None, self._jaw),
            (pose.yaw, self._turn, None),
            (pose.pitch, None, self._bow),
            (smile, self._cheeks_across, self._cheeks_down),
            (0.5 * pose.mouth.wide, self._cheeks_across, None),
            (least(0.0, pose.smile), None, self._corners),
            (pose.mouth.round, self._pucker, None),
            (pose.brow_inner, None, self._brow_inner),
            (pose.brow_outer, None, self._brow_outer),
            (pose.brow_knit, self._knit, self._lower_brow),
            (pose.squint, None, self._lower_lid),
            # the head as a whole: tilt, lean and the lift of a breath, fading down the neck
            (0.03 * pose.lean, self._from_pivot_across, self._from_pivot_down),
            (tilt, self._tilted_across, self._from_pivot_across),
            (5 * pose.lean - 2.6 * pose.breath, None, self._weight),
        ]

    def _bump(self, x: float, y: float, across: float, down: float) -> Field:
        return np.asarray(np.exp(-(((self._x - x) / across) ** 2) - ((self._y - y) / down) ** 2), np.float32)

    def _pair(self, apart: float, y: float, across: float, down: float) -> tuple[Field, Field]:
        return self._bump(500 - apart, y, across, down), self._bump(500 + apart, y, across, down)

    @cached_property
    def _weight(self) -> Field:
        """1 over the head, falling smoothly to 0 at the foot of the neck."""
        share = np.clip((_BASE - self._y) / (_BASE - self._who.skull.chin + 10), 0, 1)
        return np.asarray(share * share * (3 - 2 * share), np.float32)

    @cached_property
    def _from_pivot_across(self) -> Field:
        return np.asarray(self._weight * (self._x - np.float32(self._pivot[0])), np.float32)

    @cached_property
    def _from_pivot_down(self) -> Field:
        return np.asarray(self._weight * (self._y - np.float32(self._pivot[1])), np.float32)

    @cached_property
    def _tilted_across(self) -> Field:
        return -self._from_pivot_down

    @cached_property
    def _depth(self) -> Field:
        """How near the surface is: the ball of the face, and the nose on it."""
        ball = np.exp(-(((self._x - 500) / 128) ** 2) * 0.9 - ((self._y - 450) / 210) ** 2 * 0.7)
        nose = self._bump(500, self._who.nose.tip - 12, 26, 46)
        return np.asarray(ball + 0.28 * nose, np.float32)

    @cached_property
    def _turn(self) -> Field:
        return np.asarray(self._weight * (4 + _TURN * self._depth), np.float32)

    @cached_property
    def _bow(self) -> Field:
        """Bowing brings the crown forward and the chin back; it is the same across the face, nearly."""
        wide = np.exp(-(((self._x - 500) / 260) ** 2) - ((self._y - 470) / 190) ** 2 * 0.8)
        nose = self._bump(500, self._who.nose.tip - 12, 30, 40)
        return np.asarray(self._weight * (5 + _BOW * (wide + 0.2 * nose - 0.1)), np.float32)

    @cached_property
    def _jaw(self) -> Field:
        mouth, chin = self._who.lips.height, self._who.skull.chin
        rise = np.clip((self._y - (mouth - 22)) / (chin - 24 - (mouth - 22)), 0, 1)
        fall = np.clip((_BASE - self._y) / (_BASE - chin), 0, 1)
        inside = np.exp(-(np.clip((np.abs(self._x - 500) - 84) / 50, 0, None) ** 2))
        return np.asarray(rise * rise * (3 - 2 * rise) * fall * inside, np.float32)

    @cached_property
    def _cheeks_across(self) -> Field:
        left, right = self._pair(66, self._who.lips.height - 12, 32, 36)
        return np.asarray(7.0 * (right - left), np.float32)

    @cached_property
    def _cheeks_down(self) -> Field:
        left, right = self._pair(74, self._who.nose.tip - 4, 44, 42)
        return np.asarray(-10.0 * (left + right), np.float32)

    @cached_property
    def _corners(self) -> Field:
        left, right = self._pair(58, self._who.lips.height + 4, 26, 30)
        return np.asarray(-5.0 * (left + right), np.float32)

    @cached_property
    def _pucker(self) -> Field:
        left, right = self._pair(46, self._who.lips.height + 2, 30, 28)
        return np.asarray(5.0 * (left - right), np.float32)

    @cached_property
    def _brow_inner(self) -> Field:
        left, right = self._pair(self._who.eyes.apart - 32, self._who.brows.height + 2, 30, 26)
        return np.asarray(-10.5 * (left + right), np.float32)

    @cached_property
    def _brow_outer(self) -> Field:
        left, right = self._pair(self._who.eyes.apart + 26, self._who.brows.height, 38, 26)
        return np.asarray(-9.0 * (left + right), np.float32)

    @cached_property
    def _knit(self) -> Field:
        left, right = self._pair(self._who.eyes.apart - 34, self._who.brows.height + 4, 24, 26)
        return np.asarray(5.0 * (left - right), np.float32)

    @cached_property
    def _lower_brow(self) -> Field:
        left, right = self._pair(self._who.eyes.apart - 30, self._who.brows.height + 4, 26, 24)
        return np.asarray(4.0 * (left + right), np.float32)

    @cached_property
    def _lower_lid(self) -> Field:
        left, right = self._pair(self._who.eyes.apart, self._who.eyes.height + 22, 40, 18)
        return np.asarray(-3.4 * (left + right), np.float32)
