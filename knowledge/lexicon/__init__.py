"""Word lists, one entry a line; lines that start with # explain."""

from functools import cache
from importlib import resources


@cache
def lines(name: str) -> tuple[str, ...]:
    text = resources.files(__package__).joinpath(f"{name}.txt").read_text("utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
