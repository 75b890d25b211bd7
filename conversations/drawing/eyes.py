"""Eyes and brows, drawn anew for each pose."""

from dataclasses import dataclass
from math import hypot
from typing import Any

from conversations.drawing.appearance import Appearance
from conversations.drawing.brush import Brush, mix
from conversations.drawing.curves import Point
from conversations.drawing.outline import Outline, oval
from conversations.drawing.terms import least, most
from conversations.live.pose import Pose

_IRIS = 17.0
_PUPIL = 6.6


@dataclass(frozen=True, slots=True)
class _Lids:
    """The four corners and the bow of both lids, as cubic Béziers from the inner corner outwards."""

    inner: Point
    outer: Point
    upper: tuple[Point, Point]
    lower: tuple[Point, Point]


def _lids(who: Appearance, pose: Pose, way: int) -> _Lids:
    eyes = who.eyes
    x, y = 500 + way * eyes.apart, eyes.height
    open_to = eyes.upper * (1 - 0.30 * most(0.0, pose.gaze_y) - 0.25 * least(0.0, pose.gaze_y) - 0.08 * pose.squint)
    low = eyes.lower * (1 - 0.42 * pose.squint - 0.1 * pose.smile)
    shut = eyes.lower * 0.72
    top = -open_to + (shut + open_to) * pose.blink
    half = eyes.width

    def at(across: float, down: float) -> Point:
        return x + way * across, y + down

    return _Lids(
        inner=at(-half, 3.0),
        outer=at(half, -eyes.tilt + 2.5 * pose.blink),
        upper=(at(-half * 0.62, top * 1.36 + 1), at(half * 0.52, top * 1.36 - eyes.tilt * 0.6)),
        lower=(at(-half * 0.42, low * 1.3 + 1), at(half * 0.6, low * 1.45 - eyes.tilt * 0.3)),
    )


def paint_eye(brush: Brush, who: Appearance, pose: Pose, way: int) -> None:
    """One eye: -1 is the one on the picture's left."""
    lids = _lids(who, pose, way)
    _paint_lid(brush, who, pose, lids, way)
    if pose.blink < 0.97:
        with brush.inside(_opening(lids)):
            _paint_ball(brush, who, pose, lids, way)
    _paint_lines(brush, who, pose, lids, way)


def _opening(lids: _Lids) -> Outline:
    path = Outline()
    path.move_to(*lids.inner)
    path.cubic_to(*lids.upper[0], *lids.upper[1], *lids.outer)
    path.cubic_to(*lids.lower[1], *lids.lower[0], *lids.inner)
    path.close()
    return path


def _paint_lid(brush: Brush, who: Appearance, pose: Pose, lids: _Lids, way: int) -> None:
    """The skin of the upper lid, from its crease down to its edge."""
    eyes, skin = who.eyes, who.skin
    crease = eyes.height - eyes.upper - eyes.fold
    path = Outline()
    path.move_to(lids.inner[0], lids.inner[1] + 1)
    path.cubic_to(*lids.upper[0], *lids.upper[1], *lids.outer)
    path.cubic_to(lids.upper[1][0] + way * 3, crease - 6, lids.upper[0][0], crease - 7, *lids.inner)
    path.close()
    tone = mix(skin.base, skin.shade, 0.35 if way < 0 else 0.5)
    brush.fill(path, tone, 0.45 + 0.5 * pose.blink, blur=2.2)


def _paint_ball(brush: Brush, who: Appearance, pose: Pose, lids: _Lids, way: int) -> None:
    eyes, skin = who.eyes, who.skin
    x, y = 500 + way * eyes.apart, eyes.height
    ball = oval((x, y), eyes.width + 4, 26)
    shadow = mix(eyes.white, skin.shade, 0.5)
    brush.wash(
        ball,
        (x - 30, y - 16),
        (x + 34, y + 10),
        [
            (0, mix(eyes.white, shadow, 0.5), 1),
            (0.4, mix(eyes.white, shadow, 0.12), 1),
            (1, mix(eyes.white, shadow, 0.8), 1),
        ],
    )
    centre = (x - way * 1.5 + 10.5 * pose.gaze_x, y - 1.5 + 5.5 * pose.gaze_y)
    brush.glow(
        oval(centre, _IRIS, _IRIS),
        (centre[0] + 1.5, centre[1] + 4.5),
        _IRIS + 3.5,
        [
            (0.0, eyes.iris_light, 1),
            (0.55, mix(eyes.iris, eyes.iris_light, 0.35), 1),
            (0.86, eyes.iris, 1),
            (1, skin.line, 1),
        ],
    )
    brush.fill(oval(centre, _PUPIL, _PUPIL), "#17100d")
    # the upper lid's shadow on the ball
    for depth, strength in ((14, 0.16), (8, 0.2)):
        band = Outline()
        band.move_to(*lids.inner)
        band.cubic_to(*lids.upper[0], *lids.upper[1], *lids.outer)
        second, first = (lids.upper[1][0], lids.upper[1][1] + depth), (lids.upper[0][0], lids.upper[0][1] + depth)
        band.cubic_to(*second, *first, *lids.inner)
        brush.fill(band, mix(skin.line, skin.deep, 0.35), strength)
    # the window, reflected; it does not follow the gaze all the way
    spark = (x - 3.4 + 7.5 * pose.gaze_x, y - 7.2 + 4 * pose.gaze_y)
    brush.fill(oval(spark, 2.9, 3.3, 12), "#ffffff", 0.92)
    brush.fill(oval((centre[0] + 5, centre[1] + 5.2), 2.6, 1.8, -30), "#ffffff", 0.22)
    corner = (lids.inner[0] + way * 3, lids.inner[1] - 0.5)
    brush.fill(oval(corner, 5, 3.2), skin.blush, 0.6)


def _paint_lines(brush: Brush, who: Appearance, pose: Pose, lids: _Lids, way: int) -> None:
    skin, eyes = who.skin, who.eyes
    thick = 3.7 * eyes.lashes * (1 + 0.15 * pose.blink)
    wing = (lids.outer[0] + way * 5.0, lids.outer[1] - 2.4 + 4.5 * pose.blink)
    lash = Outline()
    lash.move_to(*lids.inner)
    lash.cubic_to(*lids.upper[0], *lids.upper[1], *wing)
    lash.cubic_to(
        lids.upper[1][0] + way * 3,
        lids.upper[1][1] - thick * 1.5,
        lids.upper[0][0],
        lids.upper[0][1] - thick * 1.05,
        *lids.inner,
    )
    brush.fill(lash, skin.line, 0.93)
    lower = Outline()
    lower.move_to(*lids.outer)
    lower.cubic_to(*lids.lower[1], *lids.lower[0], *lids.inner)
    lower.cubic_to(lids.lower[0][0], lids.lower[0][1] + 1.9, lids.lower[1][0], lids.lower[1][1] + 2.3, *lids.outer)
    brush.fill(lower, skin.deep, 0.5)
    if eyes.fold:
        lift = eyes.fold * (1 - 0.45 * pose.blink)
        crease = Outline()
        crease.move_to(lids.inner[0] + way * 5, lids.inner[1] - 7)
        first, second = (lids.upper[0][0], lids.upper[0][1] - lift), (lids.upper[1][0], lids.upper[1][1] - lift)
        end = (lids.outer[0] + way * 2, lids.outer[1] - 5)
        crease.cubic_to(*first, *second, *end)
        crease.cubic_to(
            second[0], second[1] - 2.0, first[0], first[1] - 1.8, lids.inner[0] + way * 5, lids.inner[1] - 7
        )
        brush.fill(crease, skin.deep, 0.5 * (1 - 0.5 * pose.blink))


def paint_brow(brush: Brush, who: Appearance, way: int, rng: Any) -> None:
    """One brow, hair by hair, where it is at rest."""
    brows = who.brows
    body = [_brow_point(who, way, along) for along in (0, 0.2, 0.45, 0.7, 1)]
    brush.stroke(body, brows.thickness * 0.95, brows.colour, 0.42 * brows.alpha, blur=2.6, head=0.75, tail=0.1)
    brush.stroke(body, brows.thickness * 0.6, brows.colour, 0.4 * brows.alpha, blur=1.2, head=0.5, tail=0.1)
    for _ in range(64):
        along = float(rng.uniform(0, 0.97))
        thick = brows.thickness * (0.85 - 0.6 * along**2) * (0.75 + 0.25 * min(1, along * 6))
        x, y = _brow_point(who, way, along)
        y += float(rng.uniform(-0.42, 0.42)) * thick
        rise = (1 - along) ** 1.5
        length = 9 + 5 * (1 - abs(along - 0.4))
        dx, dy = way * length * (0.55 + 0.45 * along), -length * (0.75 * rise - 0.25 * along)
        scale = length / hypot(dx, dy)
        tip = (x + dx * scale, y + dy * scale * 0.8)
        brush.stroke(
            [(x, y), ((x + tip[0]) / 2, (y + tip[1]) / 2 - 0.8), tip],
            1.5,
            brows.colour,
            0.5 * brows.alpha,
            head=0.6,
            count=6,
        )


def _brow_point(who: Appearance, way: int, along: float) -> Point:
    brows = who.brows
    x = 500 + way * (who.eyes.apart - 36 + brows.length * along)
    arch = (
        brows.arch * (1 - ((along - 0.62) / 0.62) ** 2)
        if along < 0.62
        else brows.arch * (1 - ((along - 0.62) / 0.38) ** 2 * 1.25)
    )
    return x, brows.height + 4 - arch
