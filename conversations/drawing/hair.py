"""Hairstyles: what hangs behind the head and what lies in front of it. Painted once per appearance."""

from collections.abc import Callable
from typing import Any

import numpy as np

from conversations.drawing.appearance import Appearance, HairStyle
from conversations.drawing.brush import Brush, mix
from conversations.drawing.curves import Points, closed, flipped, mirrored, oval, points
from conversations.drawing.head import face_outline
from conversations.drawing.strands import Direction, Rng, coils, feathered, lock, tufts

Painter = Callable[[Brush, Appearance, Rng], None]


def shade_under(brush: Brush, who: Appearance, mass: Any) -> None:
    """The shadow hair casts on the face, and only there."""
    with brush.inside(face_outline(who)):
        brush.fill(mass, mix(who.skin.deep, who.hair.dark, 0.5), 0.55, blur=7)


def paint_waves_back(brush: Brush, who: Appearance, rng: Rng) -> None:
    hair = who.hair
    mass = closed(
        points(
            "500,178 600,200 658,280 668,380 672,480 684,580 676,660 640,700 580,690 500,660 420,690 "
            "360,700 324,660 316,580 328,480 332,370 342,280 400,200"
        )
    )
    brush.wash(mass, (340, 200), (690, 640), [(0, mix(hair.base, hair.dark, 0.4), 1), (1, hair.dark, 1)])
    for way in (-1, 1):
        for step in range(7):
            share = step / 6
            phase = 0.9 * step + (0.4 if way > 0 else 0)
            lock(
                brush,
                hair,
                _wave(way, 0.25 + 0.75 * (1 - share), phase, 690 + 42 * np.sin(step * 2.1) + 20, inner=-40),
                44,
                rng,
                lit=0.25 if way < 0 else 0.08,
                strands=20,
            )


def _wave(way: int, out: float, phase: float, end: float, inner: float = 0.0) -> Points:
    """The spine of a lock from the parting round the temple, falling in a loose wave. `out` 1 is the silhouette."""
    part = (474.0, 232 - 46 * out)

    def across(near: float, far: float) -> float:
        return 500 + way * (near + inner + (far - near - inner) * out)

    def sway(y: float, size: float) -> float:
        return size * float(np.sin(y / 46 + phase))

    return [
        part,
        (across(44, 58), 246 - 66 * out),
        (across(92, 122), 296 - 72 * out),
        (across(124, 163), 366 - 70 * out),
        (across(136, 176) + way * sway(440, 3), 444 - 44 * out),
        (across(141, 180) + way * sway(510, 8), 516 - 18 * out),
        (across(138, 184) + way * sway(580, 13), 586),
        (across(126, 178) + way * sway(640, 15), 644),
        (across(100, 150) + way * sway(700, 12), end - 8),
        (across(74, 120) + way * sway(720, 8), end + 6),
    ]


def paint_waves_front(brush: Brush, who: Appearance, rng: Rng) -> None:
    """Parted on one side, swept off the forehead, falling in loose waves beside the face."""
    hair = who.hair
    for way in (1, -1):
        cap = closed(
            [
                (474, 186),
                (500 + way * 60, 172),
                (500 + way * 128, 206),
                (500 + way * 170, 280),
                (500 + way * 184, 370),
                (500 + way * 178, 430),
                (500 + way * 150, 420),
                (500 + way * 143, 370),
                (500 + way * 118, 334),
                (500 + way * 88, 282),
                (500 + way * 44, 244),
                (474, 230),
            ]
        )
        shade_under(brush, who, cap)
        brush.wash(cap, (350, 190), (680, 430), [(0, hair.base, 1), (1, hair.dark, 1)])
        order = [1.0, 0.84, 0.92, 0.7, 0.55, 0.62, 0.4, 0.26, 0.12, 0.0]
        for step, out in enumerate(order):
            phase = 1.3 * out + (0.7 if way < 0 else 2.2) + float(rng.normal(0, 0.25))
            end = 706 + 34 * float(np.sin(step * 1.9)) - 26 * (1 - out)
            spine = _wave(way, out, phase, end)
            lock(
                brush,
                hair,
                spine,
                40 - 8 * (1 - out),
                rng,
                lit=(0.95 if way < 0 else 0.5) * (0.6 + 0.4 * float(rng.random())),
                strands=26,
            )
        for _ in range(16):
            out = float(rng.uniform(0, 1.06))
            spine = _wave(way, out, float(rng.uniform(0, 5)), 690 + float(rng.uniform(-50, 60)))
            cut = int(rng.integers(2, 5))
            brush.stroke(spine[cut:], 1.3, mix(hair.base, hair.light, float(rng.random())), 0.5, count=26)


def paint_cropped_front(brush: Brush, who: Appearance, rng: Rng) -> None:
    """Short, brushed up and to the side, close over the ears."""
    hair = who.hair
    crown = points("504,152 558,161 604,188 637,238 651,296 654,350 650,398 641,404")
    hairline = points("638,366 630,322 612,287 578,268 536,257 492,250 448,252 412,264")
    left = points("386,288 371,322 363,366 359,404 350,398 346,350 349,296 362,238 394,188")
    mass = closed([*crown, *hairline, *left, (446, 164)])
    shade_under(brush, who, mass)
    tones = [(0.0, mix(hair.base, hair.light, 0.3), 1.0), (0.5, hair.base, 1.0), (1.0, hair.dark, 1.0)]
    brush.wash(mass, (360, 170), (660, 400), tones)
    with brush.inside(mass):
        brush.fill(oval((440, 205), 70, 26, -24), hair.light, 0.35, blur=16)
        brush.fill(oval((620, 300), 40, 90), hair.dark, 0.5, blur=18)

    def brushed(x: float, y: float) -> tuple[float, float]:
        side = min(1.0, max(0.0, (abs(x - 500) - 96) / 44))
        return (0.75 + (x - 500) / 260) * (1 - side) + 0.1 * side, -0.75 * (1 - side) + side

    with brush.inside(mass):
        tufts(brush, hair, mass, brushed, rng, count=460, length=46, width=3.0, curl=0.1, bend=0.06, alpha=(0.12, 0.36))
        tufts(brush, hair, mass, brushed, rng, count=360, length=30, width=1.6, curl=0.12, bend=0.06, alpha=(0.12, 0.4))
    rim = closed(
        [*[(x, y - 2) for x, y in crown[:6]], *[(x - (x - 500) * 0.08, y + 16) for x, y in reversed(crown[:6])]]
    )
    tufts(brush, hair, rim, brushed, rng, count=130, length=15, width=1.5, curl=0.16, bend=0.1, alpha=(0.25, 0.55))
    feathered(brush, hair, [left[0], *reversed(hairline)], rng, count=230, length=12)
    for way in (-1, 1):
        temple = points("146,320 155,350 153,432 142,446 137,400 136,350")
        shape = closed([(500 + way * x, y) for x, y in temple])
        brush.fill(shape, hair.dark, 0.5, blur=6)
        tufts(brush, hair, shape, lambda x, y: (0.0, 1.0), rng, count=110, length=9, width=1.3, alpha=(0.15, 0.4))


def paint_beard(brush: Brush, who: Appearance, rng: Rng) -> None:
    """Trimmed close: a shadow on the skin, then short hairs along the jaw and over the lip."""
    hair, lips, chin = who.hair, who.lips, who.skull.chin
    y = lips.height
    side = max(across for across, _ in who.skull.outline)
    outer = [
        (side - 1, 440),
        (side - 4, 490),
        (side - 13, y - 30),
        (side - 34, y + 34),
        (70, chin - 6),
        (34, chin + 7),
        (0, chin + 9),
    ]
    inner = [
        (side - 14, 446),
        (side - 22, 500),
        (side - 40, y - 16),
        (72, y - 10),
        (64, y + 6),
        (52, y + 20),
        (28, y + 27),
        (0, y + 29),
    ]
    half = [*outer, *((x, height) for x, height in reversed(inner))]
    jaw = closed([(500 + x, height) for x, height in half])
    other = closed(flipped([(500 + x, height) for x, height in half]))
    lip = closed(
        mirrored(
            [
                (0, y - 30),
                (26, y - 29),
                (52, y - 12),
                (64, y + 10),
                (58, y + 16),
                (46, y - 2),
                (22, y - 13),
                (0, y - 12),
            ]
        )
    )
    tones = (hair.dark, hair.beard_colour, mix(hair.beard_colour, hair.light, 0.55))
    with brush.inside(face_outline(who)):
        for mass in (jaw, other, lip):
            brush.fill(mass, hair.beard_colour, 0.6 * hair.beard, blur=11)
            brush.fill(mass, hair.beard_colour, 0.5 * hair.beard, blur=3.5)
    brush.fill(oval((560, chin - 30), 60, 40), hair.dark, 0.25 * hair.beard, blur=18)

    def grown(x: float, height: float) -> tuple[float, float]:
        return (x - 500) / 200, 1.0

    def combed(x: float, height: float) -> tuple[float, float]:
        return (x - 500) / 30, 1.0

    def stubble(mass: Any, direction: Direction, count: int) -> None:
        count = int(count * hair.beard)
        look = (0.14, 0.42)
        tufts(brush, hair, mass, direction, rng, count=count, length=6.5, width=1.3, curl=0.2, tones=tones, alpha=look)

    stubble(jaw, grown, 560)
    stubble(other, grown, 560)
    stubble(lip, combed, 200)
    stubble(closed([(492, y + 21), (508, y + 21), (510, y + 40), (490, y + 40)]), grown, 40)


def paint_coils_front(brush: Brush, who: Appearance, rng: Rng) -> None:
    """Natural hair, cut close, going silver."""
    hair = who.hair
    mass = closed(
        mirrored(
            points(
                "0,150 52,156 100,176 138,213 160,261 166,316 162,372 153,412 145,408 142,366 137,328 "
                "122,290 92,264 52,250 0,246"
            )
        )
    )
    edge = closed(
        mirrored(
            points(
                "0,143 54,149 104,170 145,209 167,259 173,316 168,374 156,418 143,414 137,368 129,334 "
                "113,300 86,276 48,262 0,258"
            )
        )
    )
    shade_under(brush, who, mass)
    brush.wash(
        mass, (380, 170), (660, 420), [(0, mix(hair.base, hair.light, 0.2), 1), (0.5, hair.base, 1), (1, hair.dark, 1)]
    )
    with brush.inside(mass):
        brush.fill(closed(points("600,160 690,240 690,430 630,400 640,300")), hair.dark, 0.55, blur=18)
        brush.fill(oval((432, 206), 84, 40, -28), mix(hair.light, "#d8d3cb", 0.5), 0.5, blur=24)
    coils(brush, hair, mass, rng, count=700, size=8.5, alpha=(0.16, 0.42))
    coils(brush, hair, edge, rng, count=520, size=6.5, alpha=(0.2, 0.5))


BACK: dict[HairStyle, Painter] = {HairStyle.WAVES: paint_waves_back}
FRONT: dict[HairStyle, Painter] = {
    HairStyle.WAVES: paint_waves_front,
    HairStyle.CROPPED: paint_cropped_front,
    HairStyle.COILS: paint_coils_front,
}
