"""Neck, shoulders and the badge. Painted once per appearance; breathing moves them."""

from typing import Any

import numpy as np

from conversations.drawing.appearance import Appearance
from conversations.drawing.brush import Brush, mix
from conversations.drawing.curves import closed, oval

Rng = np.random.Generator


def paint_neck(brush: Brush, who: Appearance) -> None:
    skin, half, chin = who.skin, who.skull.neck, who.skull.chin
    neck = closed(
        [
            (500 - half, chin - 90),
            (500 - half + 2, chin + 20),
            (500 - half - 8, chin + 62),
            (500 - half - 40, chin + 104),
            (500 - 90, chin + 190),
            (500, chin + 240),
            (500 + 90, chin + 190),
            (500 + half + 40, chin + 104),
            (500 + half + 8, chin + 62),
            (500 + half - 2, chin + 20),
            (500 + half, chin - 90),
        ]
    )
    brush.wash(
        neck,
        (430, chin),
        (590, chin + 40),
        [
            (0, mix(skin.base, skin.light, 0.2), 1),
            (0.5, mix(skin.base, skin.shade, 0.35), 1),
            (1, mix(skin.shade, skin.deep, 0.25), 1),
        ],
    )
    with brush.inside(neck):
        under = [
            (400, chin - 100),
            (600, chin - 100),
            (600, chin + 14),
            (560, chin + 46),
            (506, chin + 60),
            (450, chin + 30),
            (420, chin - 10),
        ]
        brush.fill(closed(under), skin.deep, 0.55, blur=12)
        brush.fill(
            closed([(540, chin - 20), (620, chin - 20), (640, chin + 130), (560, chin + 90)]), skin.deep, 0.35, blur=14
        )
        for way in (-1, 1):
            cord = [(500 + way * 52, chin + 10), (500 + way * 38, chin + 70), (500 + way * 16, chin + 118)]
            brush.stroke(cord, 7, skin.shade, 0.4, blur=4)
            bone = [(500 + way * 18, chin + 120), (500 + way * 70, chin + 108), (500 + way * 130, chin + 96)]
            brush.stroke(bone, 8, skin.light, 0.4, blur=4)
            brush.stroke([(x, y + 10) for x, y in bone], 8, skin.shade, 0.4, blur=5)
        brush.fill(oval((500, chin + 124), 11, 8), skin.shade, 0.5, blur=5)


def _shoulders(who: Appearance) -> list[tuple[float, float]]:
    chin, wide = who.skull.chin, who.shoulders
    top = chin + 62
    half = who.skull.neck
    return [
        (half - 6, top - 12),
        (half + 26, top + 14),
        (half + 76 * wide, top + 42),
        (half + 150 * wide, top + 76),
        (half + 214 * wide, top + 124),
        (half + 250 * wide, top + 200),
        (half + 274 * wide, top + 330),
        (half + 280 * wide, 1040),
    ]


def torso_of(who: Appearance) -> Any:
    edge = _shoulders(who)
    return closed(
        [
            *((500 - x, y) for x, y in edge),
            (500, 1060),
            *((500 + x, y) for x, y in reversed(edge)),
            (500, edge[0][1] + 46),
        ]
    )


def paint_pin(brush: Brush) -> None:
    """A small badge that says what it is: "AI"."""
    x, y = 655.0, 905.0
    brush.fill(oval((x + 1.5, y + 3), 22, 22), "#0f2626", 0.35, blur=4)
    brush.fill(oval((x, y), 21, 21), "#f4ede0")
    brush.fill(oval((x, y), 17.5, 17.5), "#0b5c5c")
    for line in (
        [(x - 9, y + 8), (x - 3.6, y - 8.4)],
        [(x + 1.8, y + 8), (x - 3.6, y - 8.4)],
        [(x - 7, y + 2.4), (x - 0.2, y + 2.4)],
        [(x + 7.2, y - 8.4), (x + 7.2, y + 8)],
    ):
        brush.stroke(line, 2.7, "#fbf8f3", head=1, tail=1, count=4)
