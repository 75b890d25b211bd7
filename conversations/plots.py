"""Lines for a plot, as the numbers an SVG wants. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 960, 240
LEFT, BOTTOM = 56, 28
TICKS = 4


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Plot:
    """`lines` are the `points` of polylines, in the order they were given; `target` is a height, if it is in view."""

    lines: tuple[str, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    target: float | None
    width: int = WIDTH
    height: int = HEIGHT


def plot(labels: Sequence[str], series: Sequence[Sequence[float]], *, target: float) -> Plot:
    """One line a series over common labels, from zero to a round number above everything."""
    top = ceiling(max([target, *(value for line in series for value in line)]))
    lines = tuple(
        " ".join(f"{_x(number, len(labels)):.1f},{_y(value, top):.1f}" for number, value in enumerate(line))
        for line in series
    )
    step = max(1, math.ceil(len(labels) / 8))
    across = tuple(Tick(_x(number, len(labels)), labels[number]) for number in range(0, len(labels), step))
    up = tuple(Tick(_y(top * part / TICKS, top), f"{top * part / TICKS:g}") for part in range(TICKS + 1))
    return Plot(lines, across, up, _y(target, top))


def ceiling(value: float) -> float:
    """The next of 1, 2, 4, 6, 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return float(next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= value))


def _x(number: int, count: int) -> float:
    return LEFT + (WIDTH - LEFT - 12) * (number / (count - 1) if count > 1 else 0.5)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 12) * value / top
