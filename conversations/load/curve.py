"""Concurrency against latency, as a picture: what was measured, what the model says, and where the knee is. Pure."""

from collections.abc import Callable, Sequence

from conversations.load.capacity import Model, Point
from conversations.plots import ceiling

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 30, 40
MEDIAN, TAIL, GREY = "#0f766e", "#b45309", "#888888"  # readable on white and on slate


def svg(points: Sequence[Point], model: Model | None) -> str:
    """Circles are measured; lines are predicted."""
    points = [point for point in points if point.calls]
    most_calls = max(point.calls for point in points) + 1
    most_ms = ceiling(max(point.p95_ms for point in points))

    def x(calls: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * calls / most_calls

    def y(ms: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(ms, most_ms) / most_ms

    parts = [*_axes(most_calls, most_ms, x, y)]
    if model:
        parts += [_line(predicted, most_calls, x, y, colour) for predicted, colour in _predictions(model)]
        parts.append(_knee(x(model.knee)))
    for point in points:
        parts += [_dot(x(point.calls), y(ms), c) for ms, c in ((point.p50_ms, MEDIAN), (point.p95_ms, TAIL))]
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12" role="img" aria-label="Latency against calls at once">\n{inside}\n</svg>\n'
    )


def _predictions(model: Model) -> tuple[tuple[Callable[[int], float], str], ...]:
    return (model.p50_ms, MEDIAN), (model.p95_ms, TAIL)


def _axes(most_calls: int, most_ms: float, x: Callable[[float], float], y: Callable[[float], float]) -> Sequence[str]:
    ground = y(0)
    rules = [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(ms):.1f}" y2="{y(ms):.1f}" '
        f'stroke="{GREY}" stroke-opacity="0.3"/>'
        f'<text x="{LEFT - 8}" y="{y(ms) + 4:.1f}" text-anchor="end" fill="{GREY}">{ms:g}</text>'
        for ms in (most_ms * part / 4 for part in range(5))
    ]
    steps = [
        f'<text x="{x(calls):.1f}" y="{ground + 18:.1f}" text-anchor="middle" fill="{GREY}">{calls}</text>'
        for calls in range(0, most_calls + 1, max(1, most_calls // 10))
    ]
    named = (
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end" fill="{GREY}">calls at once</text>'
        f'<text x="{LEFT}" y="16" fill="{GREY}">ms to the first sound: '
        f'<tspan fill="{MEDIAN}">median</tspan>, <tspan fill="{TAIL}">p95</tspan></text>'
    )
    return [*rules, *steps, named]


def _line(
    predicted: Callable[[int], float],
    most_calls: int,
    x: Callable[[float], float],
    y: Callable[[float], float],
    colour: str,
) -> str:
    held = " ".join(f"{x(n):.1f},{y(predicted(n)):.1f}" for n in range(1, most_calls + 1))
    return f'<polyline points="{held}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _knee(at: float) -> str:
    return (
        f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="{GREY}" stroke-dasharray="4 4"/>'
        f'<text x="{at + 5:.1f}" y="{TOP + 12}" fill="{GREY}">the knee</text>'
    )


def _dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
