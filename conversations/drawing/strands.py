"""Strokes that hair is made of: locks, tufts and coils."""

from collections.abc import Callable
from typing import Any

import numpy as np

from conversations.drawing.appearance import Hair
from conversations.drawing.brush import Brush, mix
from conversations.drawing.curves import Point, Points, ribbon, sampled

Rng = np.random.Generator
Direction = Callable[[float, float], tuple[float, float]]


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


def tufts(
    brush: Brush,
    hair: Hair,
    mass: Any,
    direction: Direction,
    rng: Rng,
    *,
    count: int,
    length: float,
    width: float = 2.4,
    curl: float = 0.25,
    bend: float = 0.18,
    tones: tuple[str, str, str] | None = None,
    alpha: tuple[float, float] = (0.3, 0.75),
) -> None:
    """Short strokes rooted in a mass, each lying along `direction`; lighter towards the window."""
    dark, base, light = tones or (hair.dark, hair.base, hair.light)
    for x, y in _roots(mass, rng, count):
        across, down = direction(x, y)
        angle = np.arctan2(down, across) + rng.normal(0, curl)
        reach = length * float(rng.uniform(0.6, 1.3))
        sag = float(rng.normal(0, bend)) * reach
        dx, dy = float(np.cos(angle)), float(np.sin(angle))
        tip = (x + dx * reach, y + dy * reach)
        middle = (x + dx * reach / 2 - dy * sag, y + dy * reach / 2 + dx * sag)
        lit = _lit(x, y)
        tone = mix(dark, base, float(rng.random())) if rng.random() > lit else mix(base, light, float(rng.random()))
        if rng.random() < hair.grey:
            tone = mix(mix(base, light, 0.6), "#b9b3ab", 0.9 * float(rng.random()) * lit)
        brush.stroke(
            [(x, y), middle, tip],
            width * float(rng.uniform(0.6, 1.3)),
            tone,
            float(rng.uniform(*alpha)),
            head=0.5,
            count=8,
        )


def coils(
    brush: Brush, hair: Hair, mass: Any, rng: Rng, *, count: int, size: float, alpha: tuple[float, float]
) -> None:
    """Small tight curls, drawn as arcs; silver ones among the dark by the share of grey."""
    for x, y in _roots(mass, rng, count):
        lit = _lit(x, y)
        radius = size * float(rng.uniform(0.6, 1.25))
        start = float(rng.uniform(0, 2 * np.pi))
        angles = start + np.linspace(0, float(rng.uniform(2.2, 4.6)), 14)
        shrink = np.linspace(1, 0.55, 14)
        arc = np.column_stack([x + radius * shrink * np.cos(angles), y + radius * shrink * np.sin(angles)])
        tone = mix(hair.dark, hair.base, float(rng.random()))
        if rng.random() < hair.grey:
            tone = mix("#6f6963", "#d8d3cb", min(1.0, lit * 0.85 + 0.25 * float(rng.random())))
        elif rng.random() < lit:
            tone = mix(hair.base, hair.light, float(rng.random()))
        swell = np.sin(np.pi * np.linspace(0.08, 0.96, 14)) ** 0.5
        brush.ribbon(arc, radius * 0.42 * swell, tone, float(rng.uniform(*alpha)))


def feathered(brush: Brush, hair: Hair, hairline: Points, rng: Rng, *, count: int, length: float) -> None:
    """Hairs thinning out onto the forehead, so that the hair does not end like a cap."""
    line = sampled(hairline, 60)
    along = np.gradient(line, axis=0)
    for _ in range(count):
        index = int(rng.integers(0, 60))
        (x, y), (dx, dy) = line[index].tolist(), along[index].tolist()
        size = float(np.hypot(dx, dy)) or 1.0
        down, across = dx / size, -dy / size
        out = float(abs(rng.normal(0, 0.35))) * length
        root = (x + across * out, y + down * out)
        reach = length * float(rng.uniform(0.7, 1.4))
        tip = (root[0] - across * reach + dx / size * reach * 0.5, root[1] - down * reach + dy / size * reach * 0.5)
        middle = ((root[0] + tip[0]) / 2, (root[1] + tip[1]) / 2)
        tone = mix(hair.dark, hair.base, float(rng.random()))
        brush.stroke([root, middle, tip], 1.5, tone, float(rng.uniform(0.2, 0.5)), head=0.2, count=8)


def _roots(mass: Any, rng: Rng, count: int) -> list[Point]:
    bounds = mass.getBounds()
    found: list[Point] = []
    while len(found) < count:
        x = float(rng.uniform(bounds.left(), bounds.right()))
        y = float(rng.uniform(bounds.top(), bounds.bottom()))
        if mass.contains(x, y):
            found.append((x, y))
    return sorted(found, key=lambda root: root[1])


def _lit(x: float, y: float) -> float:
    """How much of the window reaches a place on the head."""
    return float(np.clip(0.62 - (x - 430) / 420 - (y - 230) / 620, 0.05, 0.95))
