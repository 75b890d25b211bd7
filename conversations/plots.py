"""Lines for a plot, as the numbers an SVG wants. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format

WIDTH, HEIGHT = 960, 240
LEFT, BOTTOM = 56, 28
TICKS = 4
DASH = 12.0  # half the length of what stands for a single point


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
        _line([(_x(number, len(labels)), _y(value, top)) for number, value in enumerate(line)]) for line in series
    )
    step = max(1, math.ceil(len(labels) / 8))
    across = tuple(Tick(_x(number, len(labels)), labels[number]) for number in range(0, len(labels), step))
    up = tuple(Tick(_y(top * part / TICKS, top), f"{top * part / TICKS:g}") for part in range(TICKS + 1))
    return Plot(lines, across, up, _y(target, top))


def _line(points: Sequence[tuple[float, float]]) -> str:
    """A point by itself is drawn as a dash: a line through one point is nothing."""
    if len(points) == 1:
        [(x, y)] = points
        points = [(x - DASH, y), (x + DASH, y)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


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


SMALL_WIDTH, SMALL_HEIGHT = 480, 180
DATE_ROOM = 64  # between two dates, so that they can be read


@dataclass(frozen=True)
class Dot:
    x: float
    y: float


@dataclass(frozen=True)
class Trace:
    """A few values on the days they are of. `line` is the `points` of a polyline through the dots."""

    dots: tuple[Dot, ...]
    line: str
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    width: int = SMALL_WIDTH
    height: int = SMALL_HEIGHT


def trace(values: Sequence[tuple[date, float]], bounds: tuple[float, float] | None = None) -> Trace:
    """`values` in order of time. Without `bounds`, the axis lies around them: two pounds more must be seen."""
    days = [on for on, _value in values]
    low, high, step = _around([value for _on, value in values]) if bounds is None else (*bounds, _step(*bounds))
    span = max(1, (days[-1] - days[0]).days)

    def x(on: date) -> float:
        if days[0] == days[-1]:
            return LEFT + (SMALL_WIDTH - LEFT - 24) / 2
        return LEFT + 24 + (SMALL_WIDTH - LEFT - 64) * (on - days[0]).days / span

    def y(value: float) -> float:
        return SMALL_HEIGHT - BOTTOM - (SMALL_HEIGHT - BOTTOM - 12) * (value - low) / (high - low)

    dots = tuple(Dot(round(x(on), 1), round(y(value), 1)) for on, value in values)
    up = tuple(Tick(y(low + part * step), f"{low + part * step:g}") for part in range(round((high - low) / step) + 1))
    return Trace(dots, " ".join(f"{dot.x},{dot.y}" for dot in dots), _dates(days, x), up)


def _dates(days: Sequence[date], x: Callable[[date], float]) -> tuple[Tick, ...]:
    """The dates that have room, the last one always."""
    kept: list[Tick] = []
    for on in sorted(set(days), reverse=True):
        if not kept or kept[-1].at - x(on) >= DATE_ROOM:
            kept.append(Tick(round(x(on), 1), date_format(on, "j M")))
    return tuple(reversed(kept))


def _around(values: Sequence[float]) -> tuple[float, float, float]:
    """Low, high and step of an axis that leaves the values room."""
    spread = max(max(values) - min(values), abs(max(values)) * 0.05, 1.0)
    step = ceiling(spread / TICKS)
    low, high = math.floor(min(values) / step) * step, math.ceil(max(values) / step) * step
    return (low, high, step) if high > low else (low - step if low > 0 else low, high + step, step)


def _step(low: float, high: float) -> float:
    return (high - low) / 5
