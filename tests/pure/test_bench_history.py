"""What `make bench` kept, drawn over time."""

import json
from dataclasses import asdict
from pathlib import Path

from tests.bench import Figure
from tests.bench.history import page, read


def kept(folder: Path, day: int, value: float, load: float = 0.2) -> Path:
    figure = asdict(Figure("whole answer, p50", value, "ms", "<= 700"))
    path = folder / f"202601{day:02}T000000Z.json"
    run = {"at": f"2026-01-{day:02}T00:00:00", "load_1m": load, "figures": {"latency": [figure]}, "failed": []}
    path.write_text(json.dumps(run))
    return path


def test_each_figure_is_drawn_run_by_run_and_the_last_is_judged(tmp_path: Path):
    paths = [kept(tmp_path, 2, 900.0), kept(tmp_path, 1, 400.0, load=6.0)]
    history = read(paths)
    assert [one.figure.value for one in history["latency", "whole answer, p50"]] == [400.0, 900.0]
    drawn = page(history)
    assert drawn.count("<circle") == 2
    assert drawn.count('opacity="0.35"') == 1
    assert "missed" in drawn.split("<table>")[1]
    assert 'class="number "' in page(read([kept(tmp_path, 3, 300.0)]))
