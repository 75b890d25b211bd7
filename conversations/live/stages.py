"""Where the time of one reply goes. Whoever passes a stage says so here; nothing is kept without a reply being made.

A reply's own clock travels with the task that makes it (`contextvars`), so that mind and gate need not hand it on.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Recognised:
    """Words of the patient, when they came (monotonic seconds), and how long the guard worked on them."""

    text: str
    at: float
    guard_s: float


@dataclass
class Stages:
    """`at`: when a stage was first reached, monotonic seconds. `spent_s`: work on it until the first sentence."""

    at: dict[str, float] = field(default_factory=dict)
    spent_s: dict[str, float] = field(default_factory=dict)

    def recognised(self, words: Recognised) -> None:
        self.at["recognised"], self.spent_s["guard"] = words.at, words.guard_s

    def in_ms(self, since: float) -> dict[str, int]:
        """Points after `since` (monotonic seconds), and lengths; as `conversations.live.desk.Timing` names them."""
        points = {f"{stage}_ms": round((at - since) * 1000) for stage, at in self.at.items()}
        return points | {f"{stage}_ms": round(spent * 1000) for stage, spent in self.spent_s.items()}


_current: ContextVar[Stages | None] = ContextVar("stages", default=None)


def follow(stages: Stages) -> None:
    """From now on, in this task and what it starts."""
    _current.set(stages)


def reached(stage: str) -> None:
    if stages := _current.get():
        stages.at.setdefault(stage, time.monotonic())


@contextmanager
def working(stage: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        if (stages := _current.get()) and "sentence" not in stages.at:
            stages.spent_s[stage] = stages.spent_s.get(stage, 0.0) + time.monotonic() - began
