"""Scores that anyone can run: `manage.py evaluate KIND PATH…`, one module a kind.

A module has `evaluate(paths) -> Report`. Formats are in docs/evaluation.md.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class BadCases(ValueError):
    """A file of cases that cannot be read; the message says which line, and what it should hold."""


@dataclass(frozen=True)
class Report:
    """A table for people and figures for programs."""

    table: str
    figures: dict[str, Any] = field(default_factory=dict)


def cases(path: Path, *needed: str) -> Iterator[dict[str, Any]]:
    """The JSON lines of a file. Raises `BadCases` if one lacks a needed field."""
    try:
        lines = path.read_text().splitlines()
    except OSError as problem:
        raise BadCases(f"{path} cannot be read: {problem.strerror}.") from problem
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
        except json.JSONDecodeError as problem:
            raise BadCases(f"{path}, line {number} is not JSON.") from problem
        if not isinstance(case, dict):
            raise BadCases(f"{path}, line {number} is no JSON object.")
        missing = [name for name in needed if name not in case]
        if missing:
            raise BadCases(f"{path}, line {number} needs {' and '.join(missing)}.")
        yield case


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def rows(figures: dict[str, Any]) -> str:
    """Figures as an aligned table."""
    width = max((len(name) for name in figures), default=0)
    shown = {name: f"{value:.3f}" if isinstance(value, float) else str(value) for name, value in figures.items()}
    return "\n".join(f"{name:<{width}}  {value:>10}" for name, value in shown.items())
