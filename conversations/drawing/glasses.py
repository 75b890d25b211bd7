"""Spectacles. Drawn anew for each pose, over the eyes."""

from typing import Any

import skia

from conversations.drawing.appearance import Appearance
from conversations.drawing.brush import Brush, mix
from conversations.drawing.curves import closed, points


def paint_glasses(brush: Brush, who: Appearance) -> None:
    frame, eyes = who.glasses, who.eyes
    y = eyes.height + 3
    for way in (-1, 1):
        x = 500 + way * (eyes.apart + 2)
        rim = _rim(x, y, way)
        brush.fill(rim, "#ffffff", 0.05)
        _outline(brush, rim, frame, 5.2)
        _outline(brush, rim, mix(frame, "#ffffff", 0.35), 1.3, lift=-1.5)
        arm = [(x + way * 48, y - 16), (500 + way * 146, y - 12), (500 + way * 148, y - 5), (x + way * 49, y - 8)]
        brush.fill(closed(arm), mix(frame, "#000000", 0.15))
        glint = closed([(x - 30, y - 20), (x - 14, y - 24), (x - 30, y + 8), (x - 38, y + 2)])
        brush.fill(glint, "#ffffff", 0.10)
    bridge = skia.Path()
    bridge.moveTo(500 - eyes.apart + 44, y - 8)
    bridge.quadTo(500, y - 20, 500 + eyes.apart - 44, y - 8)
    bridge.quadTo(500, y - 12, 500 - eyes.apart + 44, y - 8)
    _outline(brush, bridge, frame, 3.6)


def _rim(x: float, y: float, way: int) -> Any:
    rim = points("-47,-16 -30,-27 6,-29 38,-27 50,-17 49,4 38,26 14,34 -14,33 -38,22 -47,4")
    return closed([(x + way * across, y + down) for across, down in rim])


def _outline(brush: Brush, path: Any, colour: str, width: float, lift: float = 0.0) -> None:
    brush.line(path, colour, width, lift)
