"""Who keeps what about a patient, and how each part is exported, aged out and erased.

Every app that owns personal data registers itself here (in its `retention.py`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Keeper:
    """`erase(patient_id)` returns rows removed; `export(patient_id)` returns plain JSON-ready data."""

    name: str
    keep_for: timedelta
    erase: Callable[[UUID], int]
    export: Callable[[UUID], Any]


_keepers: dict[str, Keeper] = {}


def register(keeper: Keeper) -> None:
    if keeper.name in _keepers:
        raise ValueError(f"{keeper.name} is registered twice")
    _keepers[keeper.name] = keeper


def keepers() -> Mapping[str, Keeper]:
    return _keepers
