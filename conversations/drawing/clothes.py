"""What people wear. Painted once per appearance."""

from typing import Any

import numpy as np
import skia

from conversations.drawing.appearance import Appearance, Garment
from conversations.drawing.body import paint_pin, torso_of
from conversations.drawing.brush import Brush, mix
from conversations.drawing.curves import Point, Points, closed, oval, points, polygon, sampled, through

Rng = np.random.Generator


def paint_clothes(brush: Brush, who: Appearance, rng: Rng) -> None:
    GARMENTS[who.clothes.garment](brush, who, rng)
    paint_pin(brush)


def _cardigan(brush: Brush, who: Appearance, rng: Rng) -> None:
    clothes, chin = who.clothes, who.skull.chin
    top = chin + 62
    torso = torso_of(who)
    # a plain top under it, round at the neck
    half = who.skull.neck
    neckline = _both([(half + 4, top - 2), (half - 6, top + 36), (36, top + 84), (0, top + 97)])
    inner = through(neckline)
    for corner in ((640, top + 20), (640, 1040), (360, 1040), (360, top + 20)):
        inner.lineTo(*corner)
    inner.close()
    with brush.inside(torso), brush.inside(inner):
        brush.wash(inner, (420, top), (600, 1000), [(0, clothes.inner, 1), (1, clothes.inner_dark, 1)])
        brush.stroke([(x, y + 9) for x, y in neckline], 7, clothes.inner_dark, 0.55, blur=1.6, head=0.9, tail=0.9)
        brush.stroke([(x, y + 3) for x, y in neckline], 3, "#ffffff", 0.4, blur=1, head=0.1, tail=0.1)
        for x, lean in ((452, 10), (508, -4), (556, -14)):
            brush.stroke([(x, top + 150), (x + lean, 860), (x + lean * 2, 1020)], 16, clothes.inner_dark, 0.4, blur=9)
    for way in (-1, 1):
        _cardigan_side(brush, who, rng, torso, way)
        with brush.inside(torso):
            _band(brush, who, way)


def _cardigan_side(brush: Brush, who: Appearance, rng: Rng, torso: Any, way: int) -> None:
    clothes, top = who.clothes, who.skull.chin + 62
    half = who.skull.neck
    opening = [
        (half - 2, top - 30),
        (half + 10, top + 24),
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
        shoulder = [(500 + way * (half + x), top + y) for x, y in points("40,26 120,62 190,104 226,160")]
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
    edge = [(half - 2, top - 22), (half + 10, top + 24), (half + 8, top + 112), (54, top + 232), (38, 1060)]
    line = [(500 + way * x, y) for x, y in edge]
    brush.stroke([(x - way * 10, y + 5) for x, y in line], 16, clothes.inner_dark, 0.8, blur=6, head=0.8, tail=0.9)
    brush.stroke(line, 17, mix(clothes.outer, clothes.outer_dark, 0.25 if way < 0 else 0.55), 1, head=0.3, tail=1)
    brush.stroke(
        [(x - way * 3, y) for x, y in line],
        4.5,
        clothes.outer_light,
        0.5 if way < 0 else 0.25,
        blur=1.5,
        head=0.85,
        tail=1,
    )


def _knitted(brush: Brush, who: Appearance, rng: Rng) -> None:
    """A soft jumper, round at the neck."""
    clothes, top, half = who.clothes, who.skull.chin + 62, who.skull.neck
    torso = torso_of(who)
    hole = closed(
        _both([(half + 2, top - 60), (half + 3, top - 4), (half - 4, top + 34), (44, top + 68), (0, top + 80)])
    )
    brush.canvas.save()
    brush.canvas.clipPath(hole, skia.ClipOp.kDifference, True)
    _cloth(brush, who, torso)
    with brush.inside(torso):
        for rib in range(-48, 49):
            x = 500 + rib * 6.4
            line = [(x, top - 20), (x + rib * 0.16, top + 170), (x + rib * 0.1, 1040)]
            brush.stroke(line, 1.7, clothes.outer_dark, 0.2, head=0.8, tail=0.8)
    brush.canvas.restore()
    collar = _both([(half + 2, top - 10), (half + 5, top + 12), (half - 6, top + 44), (46, top + 76), (0, top + 88)])
    brush.stroke([(x, y + 12) for x, y in collar], 15, clothes.outer_dark, 0.5, blur=6, head=0.4, tail=0.4)
    brush.stroke(collar, 22, mix(clothes.outer, clothes.outer_dark, 0.2), 1, head=0.12, tail=0.12, count=40)
    brush.stroke([(x - 2, y - 5) for x, y in collar[1:6]], 5, clothes.outer_light, 0.5, blur=2, head=0.3, tail=0.3)
    for step in range(2, 38):
        share = step / 39
        place = sampled(collar, 40)[step]
        lean = (share - 0.5) * 1.4
        brush.stroke(
            [(place[0] + lean * 4, place[1] - 9), (place[0] - lean * 2, place[1] + 10)],
            1.5,
            clothes.outer_dark,
            0.35,
            head=0.7,
            tail=0.7,
            count=4,
        )


def _collared(brush: Brush, who: Appearance, rng: Rng) -> None:
    """A jumper over an open collar."""
    clothes, top, half = who.clothes, who.skull.chin + 62, who.skull.neck
    torso = torso_of(who)
    vee = closed(
        [
            (500 - half - 14, top - 30),
            (500 - half - 6, top + 20),
            (500 - 34, top + 116),
            (500, top + 172),
            (500 + 34, top + 116),
            (500 + half + 6, top + 20),
            (500 + half + 14, top - 30),
        ]
    )
    placket = [(half + 6, top - 6), (half + 14, top + 70), (20, top + 186)]
    opening = [
        (-20, top + 186),
        (-half - 14, top + 70),
        (-half - 6, top - 6),
        (-14, top + 92),
        (0, top + 106),
        (14, top + 92),
    ]
    shirt = polygon([(500 + x, y) for x, y in (*placket, *opening)])
    brush.wash(shirt, (420, top), (580, top + 120), [(0, clothes.inner, 1), (1, clothes.inner_dark, 1)])
    brush.canvas.save()
    brush.canvas.clipPath(vee, skia.ClipOp.kDifference, True)
    _cloth(brush, who, torso)
    with brush.inside(torso):
        for rib in range(-60, 61):
            x = 500 + rib * 5.2
            brush.stroke(
                [(x, top - 20), (x + rib * 0.1, 1040)], 1.3, clothes.outer_dark, 0.15, head=0.8, tail=0.8, count=6
            )
    brush.canvas.restore()
    edge = [(half + 8, top + 16), (half + 4, top + 42), (34, top + 126), (0, top + 182)]
    for way in (-1, 1):
        line = [(500 + way * x, y) for x, y in edge]
        brush.stroke([(x + way * 8, y + 4) for x, y in line], 13, clothes.outer_dark, 0.5, blur=5, head=0.7, tail=0.7)
        brush.stroke(
            [(x + way * 5, y) for x, y in line],
            13,
            mix(clothes.outer, clothes.outer_dark, 0.3 if way < 0 else 0.6),
            1,
            head=0.6,
            tail=0.9,
            count=30,
        )
        tip = [(half + 17, top + 2), (half + 18, top + 44), (58, top + 112), (52, top + 112), (10, top + 88)]
        leaf = polygon([(500 + way * x, y) for x, y in ((half - 8, top - 26), (half + 6, top - 20), *tip)])
        brush.fill(leaf, clothes.inner_dark, 0.6, blur=5)
        tone = clothes.inner if way < 0 else mix(clothes.inner, clothes.inner_dark, 0.5)
        brush.wash(
            leaf, (500 - 60, top), (500 + 90, top + 80), [(0, tone, 1), (1, mix(tone, clothes.inner_dark, 0.45), 1)]
        )
        with brush.inside(leaf):
            brush.stroke(
                [(500 + way * (half + 12), top + 4), (500 + way * (half + 13), top + 42), (500 + way * 55, top + 106)],
                1.2,
                clothes.inner_dark,
                0.9,
                head=0.9,
                tail=0.9,
            )


def _tunic(brush: Brush, who: Appearance, rng: Rng) -> None:
    """A plain tunic with a V at the neck."""
    clothes, top, half = who.clothes, who.skull.chin + 62, who.skull.neck
    torso = torso_of(who)
    vee = closed(
        [
            (500 - half - 14, top - 36),
            (500 - half - 8, top + 14),
            (500 - 40, top + 84),
            (500, top + 140),
            (500 + 40, top + 84),
            (500 + half + 8, top + 14),
            (500 + half + 14, top - 36),
        ]
    )
    brush.canvas.save()
    brush.canvas.clipPath(vee, skia.ClipOp.kDifference, True)
    _cloth(brush, who, torso)
    brush.canvas.restore()
    edge = [(half + 10, top - 4), (half + 7, top + 26), (42, top + 88), (0, top + 148)]
    for way in (-1, 1):
        line = [(500 + way * x, y) for x, y in edge]
        brush.stroke([(x + way * 8, y + 4) for x, y in line], 13, clothes.outer_dark, 0.5, blur=5, head=0.7, tail=0.7)
        brush.stroke(
            [(x + way * 4, y) for x, y in line],
            14,
            mix(clothes.outer, clothes.outer_dark, 0.25 if way < 0 else 0.5),
            1,
            head=0.6,
            tail=0.9,
            count=30,
        )
        brush.stroke(
            [(x + way * 11, y + 3) for x, y in line], 1.2, clothes.outer_dark, 0.7, head=0.9, tail=0.9, count=30
        )


def _both(half: Points) -> list[Point]:
    """An outline from its half, given from the outside to the middle as (distance from the middle, y)."""
    return [(500 - x, y) for x, y in half] + [(500 + x, y) for x, y in reversed(half) if x]


def _cloth(brush: Brush, who: Appearance, torso: Any) -> None:
    """Light and folds over shoulders and chest."""
    clothes, top, half = who.clothes, who.skull.chin + 62, who.skull.neck
    brush.wash(
        torso,
        (250, top),
        (760, 1000),
        [(0, clothes.outer_light, 1), (0.4, clothes.outer, 1), (1, clothes.outer_dark, 1)],
    )
    with brush.inside(torso):
        brush.fill(oval((460, top + 190), 110, 90), clothes.outer_light, 0.3, blur=40)
        for way in (-1, 1):
            bright, dim = (0.5, 0.4) if way < 0 else (0.12, 0.6)
            shoulder = [(500 + way * (half + x), top + y) for x, y in points("30,26 120,62 190,104 226,160")]
            brush.stroke(shoulder, 40, clothes.outer_light, bright, blur=16)
            arm = [(500 + way * (half + x), y) for x, y in ((150, top + 170), (164, 900), (150, 1040))]
            brush.stroke(arm, 36, clothes.outer_dark, dim, blur=15)
            for start, bend, end in (
                ((40, 50), (90, 140), (120, 260)),
                ((90, 90), (140, 190), (150, 310)),
                ((0, 130), (40, 240), (30, 350)),
            ):
                fold = [(500 + way * (half + x), top + y) for x, y in (start, bend, end)]
                brush.stroke(fold, 14, clothes.outer_dark, 0.32, blur=8)
                brush.stroke([(x - 12, y - 3) for x, y in fold], 9, clothes.outer_light, 0.25, blur=6)
        under = [(500 - half - 20, top + 20), (500, top + 110), (500 + half + 30, top + 24)]
        brush.stroke(under, 30, clothes.outer_dark, 0.35, blur=14)


GARMENTS = {Garment.CARDIGAN: _cardigan, Garment.KNIT: _knitted, Garment.COLLAR: _collared, Garment.TUNIC: _tunic}
