"""Neck, shoulders and clothes. Painted once per appearance; breathing moves them."""

from typing import Any

import numpy as np

from conversations.drawing.appearance import Appearance
from conversations.drawing.brush import Brush, mix
from conversations.drawing.curves import closed, oval, polygon

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


def paint_clothes(brush: Brush, who: Appearance, rng: Rng) -> None:
    _cardigan(brush, who, rng)
    _pin(brush)


def _shoulders(who: Appearance) -> list[tuple[float, float]]:
    chin, wide = who.skull.chin, who.shoulders
    top = chin + 62
    half = who.skull.neck
    return [
        (half + 14, top),
        (half + 66 * wide, top + 38),
        (half + 150 * wide, top + 76),
        (half + 214 * wide, top + 124),
        (half + 250 * wide, top + 200),
        (half + 274 * wide, top + 330),
        (half + 280 * wide, 1040),
    ]


def _torso(who: Appearance) -> Any:
    edge = _shoulders(who)
    return closed(
        [
            *((500 - x, y) for x, y in edge),
            (500, 1060),
            *((500 + x, y) for x, y in reversed(edge)),
            (500, edge[0][1] + 30),
        ]
    )


def _cardigan(brush: Brush, who: Appearance, rng: Rng) -> None:
    clothes, chin = who.clothes, who.skull.chin
    top = chin + 62
    torso = _torso(who)
    # a plain top under it, round at the neck
    half = who.skull.neck
    inner = closed(
        [
            (500 - half - 22, top + 6),
            (500 - 62, top + 74),
            (500, top + 100),
            (500 + 62, top + 74),
            (500 + half + 22, top + 6),
            (500 + 150, top + 120),
            (620, 1040),
            (380, 1040),
            (500 - 150, top + 120),
        ]
    )
    brush.wash(inner, (420, top), (600, 1000), [(0, clothes.inner, 1), (1, clothes.inner_dark, 1)])
    with brush.inside(inner):
        neckline = [
            (500 - half - 20, top + 8),
            (500 - 60, top + 78),
            (500, top + 104),
            (500 + 60, top + 78),
            (500 + half + 20, top + 8),
        ]
        brush.stroke([(x, y + 9) for x, y in neckline], 7, clothes.inner_dark, 0.55, blur=1.6, head=0.9, tail=0.9)
        brush.stroke([(x, y + 3) for x, y in neckline], 3, "#ffffff", 0.4, blur=1, head=0.9, tail=0.9)
        for x, lean in ((452, 10), (508, -4), (556, -14)):
            brush.stroke([(x, top + 150), (x + lean, 860), (x + lean * 2, 1020)], 16, clothes.inner_dark, 0.4, blur=9)
    for way in (-1, 1):
        _cardigan_side(brush, who, rng, torso, way)


def _cardigan_side(brush: Brush, who: Appearance, rng: Rng, torso: Any, way: int) -> None:
    clothes, top = who.clothes, who.skull.chin + 62
    half = who.skull.neck
    opening = [
        (half + 10, top - 6),
        (half + 14, top + 30),
        (half + 6, top + 110),
        (52, top + 230),
        (34, 1060),
        (460, 1060),
        (460, top - 40),
    ]
    front = polygon([(500 + way * x, y) for x, y in opening])
    light, dark = (0.55, 0.15) if way < 0 else (0.12, 0.75)
    with brush.inside(torso), brush.inside(front):
        brush.wash(
            torso,
            (250, top),
            (760, 1000),
            [(0, clothes.outer_light, 1), (0.4, clothes.outer, 1), (1, clothes.outer_dark, 1)],
        )
        shoulder = [(500 + way * (half + x), top + y) for x, y in ((40, 26), (120, 62), (190, 104), (226, 160))]
        brush.stroke(shoulder, 40, clothes.outer_light, light, blur=16)
        arm = [(500 + way * (half + x), y) for x, y in ((150, top + 190), (160, 900), (150, 1040))]
        brush.stroke(arm, 34, clothes.outer_dark, 0.55 + 0.2 * dark, blur=14)
        for start, bend, end in (
            ((70, 60), (120, 140), (110, 260)),
            ((120, 90), (150, 180), (150, 300)),
            ((50, 140), (80, 240), (70, 340)),
        ):
            fold = [(500 + way * (half + x), top + y) for x, y in (start, bend, end)]
            brush.stroke(fold, 13, clothes.outer_dark, 0.35, blur=7)
            brush.stroke([(x - 11, y - 3) for x, y in fold], 9, clothes.outer_light, 0.3 * (1.4 - dark), blur=6)
        _knit(brush, who, rng, way)
    _band(brush, who, way)


def _knit(brush: Brush, who: Appearance, rng: Rng, way: int) -> None:
    """Fine ribs, felt more than seen."""
    top = who.skull.chin + 62
    for rib in range(46):
        x = who.skull.neck + 8 + rib * 6.2
        sway = float(rng.normal(0, 1.2))
        line = [(500 + way * x, top - 10), (500 + way * (x + 6 + sway), top + 170), (500 + way * (x + 4), 1040)]
        brush.stroke(line, 1.7, who.clothes.outer_dark, 0.22, head=0.8, tail=0.8)


def _band(brush: Brush, who: Appearance, way: int) -> None:
    """The cardigan's edge."""
    clothes, top, half = who.clothes, who.skull.chin + 62, who.skull.neck
    edge = [(half + 12, top - 8), (half + 17, top + 32), (half + 8, top + 112), (54, top + 232), (38, 1060)]
    line = [(500 + way * x, y) for x, y in edge]
    brush.stroke([(x - way * 10, y + 5) for x, y in line], 16, clothes.inner_dark, 0.8, blur=6, head=0.8, tail=0.9)
    brush.stroke(line, 17, mix(clothes.outer, clothes.outer_dark, 0.25 if way < 0 else 0.55), 1, head=0.85, tail=1)
    brush.stroke(
        [(x - way * 3, y) for x, y in line],
        4.5,
        clothes.outer_light,
        0.5 if way < 0 else 0.25,
        blur=1.5,
        head=0.85,
        tail=1,
    )


def _pin(brush: Brush) -> None:
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
