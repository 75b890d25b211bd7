"""Writes down how eyes, glasses and mouth are drawn, for any pose: what the patient's browser draws them from.

The functions of `eyes`, `glasses` and `mouth` are run with a `Scribe` in place of a `Brush` and with a pose of
unknown numbers, so there is one drawing and nothing to keep in step (`terms`).
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import skia

from conversations.drawing.brush import Brush, Stop
from conversations.drawing.curves import Point
from conversations.drawing.outline import Outline, Step
from conversations.drawing.portrait import Feature
from conversations.drawing.terms import Branch, Script
from conversations.live.pose import PARTS, Pose, pose_of

Op = list[Any]  # a name, then colours, and lines of the script for every number

_VERBS = {
    skia.Path.kMove_Verb: ("moveTo", 0),
    skia.Path.kLine_Verb: ("lineTo", 1),
    skia.Path.kQuad_Verb: ("quadTo", 1),
    skia.Path.kCubic_Verb: ("cubicTo", 1),
    skia.Path.kClose_Verb: ("close", 4),
}


def unknown_pose(script: Script) -> Pose:
    return pose_of([script.name(part) for part in PARTS])


@dataclass(frozen=True)
class Written:
    """A feature as another renderer needs it."""

    anchor: Point
    reach: float
    steps: Branch  # places in the list of operations


class Scribe:
    """Stands in for a `Brush` and its canvas."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.ops: list[Op] = []
        self.shapes: list[list[Op]] = []
        self._known: dict[str, int] = {}
        self._written: list[int] = []

    def write(self, feature: Feature) -> Written:
        pose = unknown_pose(self.script)

        def work() -> list[int]:
            self._written = []
            feature.paint(self._as_brush(), pose)
            return self._written

        return Written(feature.anchor, feature.reach, self.script.branches(work))

    def _as_brush(self) -> Brush:
        return cast(Brush, self)

    # -- as a brush ------------------------------------------------------------------

    @property
    def canvas(self) -> "Scribe":
        return self

    def fill(self, shape: Any, colour: str, alpha: float = 1.0, blur: float = 0.0) -> None:
        self._op("fill", self._shape(shape), colour, self._line(alpha), self._line(blur))

    def wash(self, shape: Any, start: Point, end: Point, stops: Sequence[Stop], blur: float = 0.0) -> None:
        ends = [self._line(number) for number in (*start, *end)]
        self._op("wash", self._shape(shape), ends, self._ramp(stops), self._line(blur))

    def glow(self, shape: Any, centre: Point, radius: float, stops: Sequence[Stop], blur: float = 0.0) -> None:
        circle = [self._line(number) for number in (*centre, radius)]
        self._op("glow", self._shape(shape), circle, self._ramp(stops), self._line(blur))

    def line(self, path: Any, colour: str, width: float, lift: float = 0.0) -> None:
        self.save()
        self.translate(0, lift)
        self._op("line", self._shape(path), colour, self._line(width))
        self.restore()

    @contextmanager
    def inside(self, shape: Any) -> Iterator[None]:
        self.save()
        self._op("clip", self._shape(shape))
        yield
        self.restore()

    # -- as its canvas -----------------------------------------------------------------

    def save(self) -> None:
        self._op("save")

    def restore(self) -> None:
        self._op("restore")

    def translate(self, across: float, down: float) -> None:
        self._op("move", self._line(across), self._line(down))

    # -- written once ------------------------------------------------------------------

    def _line(self, number: float) -> int:
        return self.script.number(number)

    def _ramp(self, stops: Sequence[Stop]) -> list[Op]:
        return [[self._line(place), colour, self._line(alpha)] for place, colour, alpha in stops]

    def _op(self, *op: Any) -> None:
        self._written.append(self._once(self.ops, list(op)))

    def _shape(self, shape: Any) -> int:
        steps = shape.steps if isinstance(shape, Outline) else _steps(shape)
        return self._once(self.shapes, [[name, *(self._line(number) for number in numbers)] for name, numbers in steps])

    def _once(self, kept: list[Any], new: list[Any]) -> int:
        key = f"{id(kept)} {json.dumps(new)}"
        if key not in self._known:
            self._known[key] = len(kept)
            kept.append(new)
        return self._known[key]


def _steps(path: Any) -> list[Step]:
    """Those of a path that was made by Skia, which knows all its numbers."""
    steps = []
    for verb, points in path:
        name, first = _VERBS[verb]
        steps.append((name, tuple(number for point in points[first:] for number in (point.x(), point.y()))))
    return steps
