"""Hair: a mass, then strands combed along guides, then light. Painted once per appearance.

Each style gives what hangs behind the head and what lies in front of it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from conversations.drawing.appearance import Appearance, Hair
from conversations.drawing.brush import Brush, mix
from conversations.drawing.curves import Points, closed, ribbon, sampled

Rng = np.random.Generator


def comb(
    brush: Brush,
    hair: Hair,
    guides: Sequence[Points],
    rng: Rng,
    *,
    strands: int,
    width: float = 3.2,
    sheen: tuple[float, float] = (0.22, 0.5),
    light: float = 0.6,
    stray: float = 3.0,
    shadow: float = 0.5,
) -> None:
    """Strands between neighbouring guides; some catch the light from `sheen[0]` to `sheen[1]` of their length."""
    lines = [sampled(guide, 26) for guide in guides]
    for _ in range(strands):
        place = float(rng.uniform(0, len(lines) - 1.0001))
        index, share = int(place), place % 1
        curve = lines[index] * (1 - share) + lines[index + 1] * share
        curve = curve + np.cumsum(rng.normal(0, stray / 26, curve.shape), axis=0)
        start, end = sorted(rng.integers(0, 26, 2).tolist())
        if end - start < 6:
            start, end = 0, 25
        piece = curve[start : end + 1]
        along = np.linspace(0, 1, len(piece))
        swell = np.sin(np.pi * np.clip(along, 0.02, 0.98)) ** 0.6
        tone = hair.dark if rng.random() < shadow else mix(hair.base, hair.light, float(rng.uniform(0, 0.55)))
        if hair.grey and rng.random() < hair.grey:
            tone = mix("#d9d6d1", "#a7a29c", float(rng.random()))
        brush.ribbon(piece, width * float(rng.uniform(0.5, 1.3)) * swell, tone, float(rng.uniform(0.22, 0.6)))
        if rng.random() < light:
            first = int(25 * (sheen[0] + rng.normal(0, 0.03)))
            last = int(25 * (sheen[1] + rng.normal(0, 0.05)))
            gleam = curve[max(0, first) : max(first + 4, last)]
            rise = np.sin(np.linspace(0.05, np.pi - 0.05, len(gleam))) ** 1.4
            brush.ribbon(gleam, width * 0.8 * rise, hair.light, float(rng.uniform(0.12, 0.4)))


def lock(
    brush: Brush,
    hair: Hair,
    spine: Points,
    width: float,
    rng: Rng,
    *,
    lit: float = 0.5,
    sheen: tuple[float, float] = (0.18, 0.38),
    root: float = 0.55,
    strands: int = 22,
) -> None:
    """One lock, from root to tip: shadow, body, strands and the light on it. `lit` 0 to 1 is how much it gets."""
    count = 48
    curve = sampled(spine, count)
    along = np.linspace(0, 1, count)
    widths = width * np.minimum(root + (1 - root) * along / 0.25, 1) * np.clip((1 - along) / 0.5, 0.0, 1) ** 0.6
    widths = np.maximum(widths, 0.6)
    brush.fill(ribbon(curve + np.array([2.5, 4.0]), widths * 1.04), hair.dark, 0.5, blur=4)
    body = ribbon(curve, widths)
    top = mix(hair.base, hair.light, 0.35 * lit)
    low = mix(hair.base, hair.dark, 0.55 - 0.35 * lit)
    (start_x, start_y), (end_x, end_y) = curve[0].tolist(), curve[-1].tolist()
    brush.wash(
        body,
        (start_x, start_y),
        (end_x, end_y),
        [(0, low, 1), (0.25, top, 1), (0.6, low, 1), (0.8, mix(top, low, 0.4), 1), (1, low, 1)],
    )
    along_curve = np.gradient(curve, axis=0)
    normal = np.column_stack([-along_curve[:, 1], along_curve[:, 0]]) / np.maximum(
        np.hypot(*along_curve.T)[:, None], 1e-6
    )
    for _ in range(strands):
        across = float(rng.uniform(-0.5, 0.5))
        wander = np.cumsum(rng.normal(0, 0.08, count))
        line = curve + normal * (across * widths + wander)[:, None]
        first = int(rng.integers(0, 14))
        last = int(rng.integers(30, count + 1))
        piece = line[first:last]
        swell = np.sin(np.pi * np.linspace(0.06, 0.97, len(piece))) ** 0.6
        facing = 0.5 - across  # the near edge of a lock turns to the window
        if rng.random() < 0.5:
            tone = mix(hair.dark, hair.base, float(rng.uniform(0, 0.5)))
        else:
            tone = mix(hair.base, hair.light, float(rng.uniform(0.1, 0.7)) * (0.4 + lit * facing))
        if hair.grey and rng.random() < hair.grey:
            tone = mix("#dcd8d2", "#9b958e", float(rng.random()))
        brush.ribbon(piece, float(rng.uniform(1.2, 3.0)) * swell, tone, float(rng.uniform(0.25, 0.6)))
    for low_end, high_end, strength in ((*sheen, 1.0), (0.62, 0.78, 0.55)):
        for _ in range(int(strands * 0.8 * lit)):
            across = float(rng.normal(-0.08, 0.2))
            first = int(count * (low_end + rng.normal(0, 0.025)))
            last = max(first + 4, int(count * (high_end + rng.normal(0, 0.04))))
            piece = (curve + normal * (across * widths)[:, None])[max(0, first) : last]
            if len(piece) < 3:
                continue
            rise = np.sin(np.linspace(0.05, np.pi - 0.05, len(piece))) ** 1.6
            brush.ribbon(piece, 2.4 * rise, hair.light, float(rng.uniform(0.12, 0.38)) * strength)


def paint_waves_back(brush: Brush, who: Appearance, rng: Rng) -> None:
    hair = who.hair
    mass = closed(
        [
            (500, 178),
            (600, 200),
            (658, 280),
            (668, 380),
            (672, 480),
            (684, 580),
            (676, 660),
            (640, 700),
            (580, 690),
            (500, 660),
            (420, 690),
            (360, 700),
            (324, 660),
            (316, 580),
            (328, 480),
            (332, 370),
            (342, 280),
            (400, 200),
        ]
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
    part = (474.0, 222 - 34 * out)

    def across(near: float, far: float) -> float:
        return 500 + way * (near + inner + (far - near - inner) * out)

    def sway(y: float, size: float) -> float:
        return size * float(np.sin(y / 46 + phase))

    return [
        part,
        (across(40, 56), 240 - 58 * out),
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
                (500 + way * 112, 344),
                (500 + way * 84, 296),
                (500 + way * 40, 254),
                (474, 240),
            ]
        )
        brush.fill(cap, hair.dark, 0.3, blur=8)
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


BACK: dict[str, Any] = {"waves": paint_waves_back}
FRONT: dict[str, Any] = {"waves": paint_waves_front}
