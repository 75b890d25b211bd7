"""A load test as it is kept: the points, and what they were measured on. `docs/data/load.json` is one.

`manage.py load_test --out` writes them; the documentation's page on capacity is made from the one in `docs/data`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from conversations.load.capacity import Point

KEPT = Path(settings.BASE_DIR) / "docs" / "data" / "load.json"


@dataclass(frozen=True)
class LoadTest:
    """`at` is a day; `height` of the picture in pixels, 0 for none."""

    at: str
    version: str
    processor: str
    cores: int
    height: int
    fps: int
    points: tuple[Point, ...]

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def load(path: Path) -> LoadTest:
    """Raises `OSError`, or `ValueError` for a file that is none."""
    try:
        kept: Mapping[str, Any] = json.loads(path.read_text())
        return LoadTest(**{**kept, "points": tuple(Point(**point) for point in kept["points"])})
    except (KeyError, TypeError) as problem:
        raise ValueError(f"{path} holds no load test: {problem}") from None


def kept() -> LoadTest | None:
    """The one that comes with the documentation, if there is one."""
    return load(KEPT) if KEPT.exists() else None


def processor() -> str:
    """As the machine calls it."""
    named = (line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    return next(named, ": unknown").partition(":")[2].strip()
