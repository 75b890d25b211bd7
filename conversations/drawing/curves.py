"""Smooth shapes through points, in the drawing's own units: the picture is 1000 wide and 1000 high."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import skia

Point = tuple[float, float]
Points = Sequence[Point]
Curve = npt.NDArray[np.float64]  # (n, 2)

_TENSION = 1 / 6  # Catmull-Rom as cubic Béziers


def points(written: str) -> list[Point]:
    """Points as SVG writes them: "0,196 62,206"."""
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in written.split())]


def closed(points: Points) -> Any:
    """A smooth closed path through the points."""
    count = len(points)
    path = skia.Path()
    path.moveTo(*points[0])
    for index in range(count):
        before, here = points[index - 1], points[index]
        there, after = points[(index + 1) % count], points[(index + 2) % count]
        path.cubicTo(*_handle(before, here, there), *_handle(after, there, here), *there)
    path.close()
    return path


def through(points: Points, path: Any = None) -> Any:
    """A smooth open path through the points; continues `path` where it stands if one is given."""
    if path is None:
        path = skia.Path()
        path.moveTo(*points[0])
    last = len(points) - 1
    for index in range(last):
        before, here = points[max(0, index - 1)], points[index]
        there, after = points[index + 1], points[min(last, index + 2)]
        path.cubicTo(*_handle(before, here, there), *_handle(after, there, here), *there)
    return path


def _handle(before: Point, here: Point, there: Point) -> Point:
    return here[0] + (there[0] - before[0]) * _TENSION, here[1] + (there[1] - before[1]) * _TENSION


def polygon(points: Points, *, smooth_from: int = 0) -> Any:
    """A path of straight sides."""
    path = skia.Path()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    path.close()
    return path


def mirrored(half: Points, centre: float = 500.0) -> list[Point]:
    """A symmetrical outline from its right half, given from top to bottom as (distance from the centre, y)."""
    right = [(centre + across, down) for across, down in half]
    left = [(centre - across, down) for across, down in reversed(half) if across > 0]
    return right + left


def flipped(points: Points, centre: float = 500.0) -> list[Point]:
    return [(2 * centre - x, y) for x, y in points]


def oval(centre: Point, across: float, down: float, turn_deg: float = 0.0) -> Any:
    """An ellipse by its half-axes, turned clockwise."""
    path = skia.Path()
    path.addOval(skia.Rect.MakeLTRB(centre[0] - across, centre[1] - down, centre[0] + across, centre[1] + down))
    if turn_deg:
        path.transform(skia.Matrix.RotateDeg(turn_deg, skia.Point(*centre)))
    return path


def sampled(points: Points, count: int) -> Curve:
    """`count` places evenly spaced in the parameter of the smooth curve through the points."""
    knots = np.asarray(points, dtype=np.float64)
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    at = np.linspace(0, len(knots) - 1, count)
    index = np.minimum(at.astype(int), len(knots) - 2)
    t = (at - index)[:, None]
    p0, p1, p2, p3 = (padded[index + shift] for shift in range(4))
    cubic = -p0 + 3 * p1 - 3 * p2 + p3
    square = 2 * p0 - 5 * p1 + 4 * p2 - p3
    return np.asarray(0.5 * (2 * p1 + (p2 - p0) * t + square * t**2 + cubic * t**3))


def ribbon(curve: Curve, widths: npt.NDArray[np.float64]) -> Any:
    """A stroke whose width varies along the curve."""
    along = np.gradient(curve, axis=0)
    length = np.hypot(along[:, 0], along[:, 1])[:, None]
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / np.maximum(length, 1e-6)
    side = normal * widths[:, None] / 2
    outline = np.vstack([curve + side, (curve - side)[::-1]])
    path = skia.Path()
    path.addPoly([skia.Point(x, y) for x, y in outline.tolist()], True)
    return path


def tapered(points: Points, width: float, *, head: float = 0.3, tail: float = 0.0, count: int = 18) -> Any:
    """A brush stroke: thickest in the middle, `head` and `tail` of its width at the ends."""
    along = np.linspace(0, 1, count)
    swell = np.sin(np.pi * along) ** 0.7
    ends = head * (1 - along) + tail * along
    return ribbon(sampled(points, count), width * np.maximum(swell, ends))
