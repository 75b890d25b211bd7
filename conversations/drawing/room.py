"""The quiet room behind: a wall, light from a window, the shadow of a plant."""

import numpy as np
import skia

from conversations.drawing.appearance import Appearance
from conversations.drawing.brush import Brush, mix
from conversations.drawing.curves import closed, points, polygon

Rng = np.random.Generator


def paint_room(brush: Brush, who: Appearance, rng: Rng) -> None:
    room = who.room
    wall = skia.Path()
    wall.addRect(skia.Rect.MakeLTRB(-10, -10, 1010, 1010))
    brush.wash(wall, (120, 40), (930, 960), [(0, room.wall_light, 1), (0.5, room.wall, 1), (1, room.wall_dark, 1)])
    for left, width, alpha in ((60, 150, 0.4), (250, 150, 0.34), (560, 130, 0.16)):
        pane = polygon([(left, -20), (left + width, -20), (left + width + 210, 760), (left + 210, 820)])
        brush.fill(pane, "#fffaf0", alpha, blur=26)
    for stem, height in ((842, 300), (902, 380), (806, 440)):
        _leaves(brush, room.leaf, rng, stem, height)
    floor = closed(points("-20,860 300,900 700,880 1020,850 1020,1040 -20,1040"))
    brush.fill(floor, mix(room.wall_dark, "#6c6256", 0.5), 0.35, blur=40)


def _leaves(brush: Brush, colour: str, rng: Rng, stem: float, height: float) -> None:
    """A branch out of focus."""
    brush.stroke([(stem + 40, 900), (stem + 14, 640), (stem, height)], 7, colour, 0.4, blur=6)
    for leaf in range(8):
        y = height + leaf * 58 + float(rng.uniform(-12, 12))
        way = 1 if leaf % 2 else -1
        x = stem + 6 * leaf * 0.6
        reach = float(rng.uniform(52, 78))
        tip = (x + way * reach, y - 34)
        shape = closed([(x, y), (x + way * reach * 0.45, y - 40), tip, (x + way * reach * 0.55, y + 2)])
        brush.fill(shape, mix(colour, "#c9c7a8", float(rng.uniform(0, 0.5))), 0.42, blur=8)
