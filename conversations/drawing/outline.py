"""A path kept as its steps, so that whoever draws a picture may be here or elsewhere.

What moves from frame to frame (eyes, mouth) is drawn with these: `Brush` makes Skia's path of one, `scribe` writes
it down for the patient's browser.
"""

from typing import Any

import skia

from conversations.drawing.curves import Point

Step = tuple[str, tuple[float, ...]]


class Outline:
    """Lengths in the drawing's units, angles in degrees."""

    __slots__ = ("steps",)

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def move_to(self, x: float, y: float) -> None:
        self.steps.append(("moveTo", (x, y)))

    def line_to(self, x: float, y: float) -> None:
        self.steps.append(("lineTo", (x, y)))

    def quad_to(self, x1: float, y1: float, x: float, y: float) -> None:
        self.steps.append(("quadTo", (x1, y1, x, y)))

    def cubic_to(self, x1: float, y1: float, x2: float, y2: float, x: float, y: float) -> None:
        self.steps.append(("cubicTo", (x1, y1, x2, y2, x, y)))

    def close(self) -> None:
        self.steps.append(("close", ()))

    def rectangle(self, left: float, top: float, right: float, bottom: float, radii: Point | None = None) -> None:
        self.steps.append(("rectangle", (left, top, right, bottom, *(radii or (0.0, 0.0)))))

    def oval(self, centre: Point, across: float, down: float, turn_deg: float = 0.0) -> None:
        self.steps.append(("oval", (*centre, across, down, turn_deg)))

    def path(self) -> Any:
        """As Skia's path."""
        path = skia.Path()
        for name, numbers in self.steps:
            if name == "oval":
                path.addPath(_oval(*numbers))
            elif name == "rectangle":
                path.addRoundRect(skia.Rect.MakeLTRB(*numbers[:4]), *numbers[4:])
            else:
                getattr(path, name)(*numbers)
        return path


def oval(centre: Point, across: float, down: float, turn_deg: float = 0.0) -> Outline:
    """An ellipse by its half-axes, turned clockwise."""
    outline = Outline()
    outline.oval(centre, across, down, turn_deg)
    return outline


def _oval(x: float, y: float, across: float, down: float, turn_deg: float) -> Any:
    path = skia.Path()
    path.addOval(skia.Rect.MakeLTRB(x - across, y - down, x + across, y + down))
    if turn_deg:
        path.transform(skia.Matrix.RotateDeg(turn_deg, skia.Point(x, y)))
    return path
