"""`make bench_history`: every figure that `make bench` has kept, over time, as one page: var/bench/history.html."""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from tests.bench import Figure
from tests.bench.__main__ import HISTORY, ROOT

WIDTH, HEIGHT = 320, 60
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
:root { color-scheme: light dark }
table { border-collapse: collapse } td, th { padding: .3rem .8rem; text-align: left; vertical-align: middle }
.number { text-align: right; font-variant-numeric: tabular-nums } .missed { color: #b45309 } svg { display: block }
"""


@dataclass(frozen=True)
class Sample:
    """One figure of one run; `load` is the machine's, by which runs can be told apart."""

    at: str
    load: float
    figure: Figure


def read(paths: Iterable[Path]) -> dict[tuple[str, str], list[Sample]]:
    """(bench, figure) → its samples, oldest first."""
    found: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    for path in sorted(paths):
        run = json.loads(path.read_text())
        for bench, figures in run["figures"].items():
            for one in figures:
                figure = Figure(**one)
                found[bench, figure.name].append(Sample(run["at"], run["load_1m"], figure))
    return dict(sorted(found.items()))


def page(history: dict[tuple[str, str], list[Sample]]) -> str:
    rows = "\n".join(_row(bench, samples) for (bench, _), samples in history.items())
    names = "".join(f"<th>{name}</th>" for name in ("bench", "figure", "last", "unit", "target", "runs, oldest first"))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Bench history</title><style>{STYLE}</style>'
        f"<h1>Bench history</h1><p>Pale dots were measured on a machine with a load above one.</p>"
        f"<table><tr>{names}</tr>\n{rows}\n</table></html>\n"
    )


def _row(bench: str, samples: Sequence[Sample]) -> str:
    last = samples[-1].figure
    judged = "missed" if last.met() is False else ""
    cells = (escape(bench), escape(last.name), f"{last.value:,.3f}", escape(last.unit), escape(last.target))
    told = "".join(
        f'<td class="{"number " + judged if place == 2 else ""}">{cell}</td>' for place, cell in enumerate(cells)
    )
    return f"<tr>{told}<td>{_plot(samples)}</td></tr>"


def _plot(samples: Sequence[Sample]) -> str:
    values = [sample.figure.value for sample in samples]
    low, high = min(0.0, *values), max(0.0, *values) or 1.0
    step = (WIDTH - 12) / max(1, len(samples) - 1)
    dots = []
    for number, sample in enumerate(samples):
        x = 6 + number * step
        y = HEIGHT - 6 - (HEIGHT - 12) * (sample.figure.value - low) / (high - low)
        seen = f"{sample.at[:16]}: {sample.figure.value:,.3f}, load {sample.load:.1f}"
        pale = 0.35 if sample.load > 1 else 1
        dots.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" opacity="{pale}"><title>{escape(seen)}</title></circle>')
    return f'<svg width="{WIDTH}" height="{HEIGHT}" fill="currentColor">{"".join(dots)}</svg>'


def main() -> int:
    history = read(HISTORY.glob("*.json"))
    if not history:
        print("Nothing has been measured yet: `make bench` does.")
        return 1
    out = HISTORY / "history.html"
    out.write_text(page(history))
    print(f"{len(history)} figures in {out.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
