"""Cut-in rate against median response as an SVG that reads on light and dark pages."""

from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, BOTTOM = 640, 380, 56, 44
MOST_MS, MOST_PERCENT = 1700.0, 60.0
COLOURS = ("#1a7f64", "#8a8f98", "#c2571a")


@dataclass(frozen=True)
class Line:
    """`points` are (median response in ms, cut-ins in %, 90th percentile in ms), in the order of the knob."""

    name: str
    points: list[tuple[float, float, float]]


def draw(lines: list[Line]) -> str:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif"'
        ' font-size="12" aria-label="Share of pauses cut into, against the median time to respond">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *_grid(),
    ]
    for number, (line, colour) in enumerate(zip(lines, COLOURS, strict=False)):
        places = [(_x(p50_ms), _y(percent)) for p50_ms, percent, _ in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in places]
        parts.append(f'<text x="{WIDTH - 250}" y="{28 + 20 * number}" fill="{colour}">● {line.name}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _grid() -> list[str]:
    parts = []
    for ms in range(0, int(MOST_MS) + 1, 200):
        parts.append(f'<line x1="{_x(ms):.0f}" y1="12" x2="{_x(ms):.0f}" y2="{_y(0):.0f}" stroke="#e3e6ea"/>')
        parts.append(f'<text x="{_x(ms):.0f}" y="{_y(0) + 18:.0f}" text-anchor="middle" fill="#444">{ms}</text>')
    for percent in range(0, int(MOST_PERCENT) + 1, 10):
        parts.append(
            f'<line x1="{LEFT}" y1="{_y(percent):.0f}" x2="{WIDTH - 12}" y2="{_y(percent):.0f}" stroke="#e3e6ea"/>'
        )
        parts.append(f'<text x="{LEFT - 8}" y="{_y(percent) + 4:.0f}" text-anchor="end" fill="#444">{percent} %</text>')
    parts.append(
        f'<text x="{WIDTH / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle" fill="#444">median response, ms</text>'
    )
    return parts


def _x(ms: float) -> float:
    return LEFT + (WIDTH - LEFT - 12) * min(ms, MOST_MS) / MOST_MS


def _y(percent: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 12) * min(percent, MOST_PERCENT) / MOST_PERCENT
