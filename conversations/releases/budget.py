"""The error budget: how much may go wrong in a month before changes have to wait. Pure.

A promise of 99.5 % leaves half a percent to spend; a rollout is what mostly spends it (Beyer et al., Site Reliability
Engineering, 2016, chapter 3). While it is overspent, `book.roll_out` takes only releases that are said to mend it.
"""

from dataclasses import dataclass
from datetime import timedelta

WINDOW = timedelta(days=30)
ENOUGH_TURNS = 1000  # with fewer, a handful of them would decide
SLOW_MS = 1200  # what somebody is woken for (docs/how-to/watch.md)


@dataclass(frozen=True)
class Promise:
    """`allowed` is the share of turns that may be bad."""

    name: str
    allowed: float


FAILED, SLOW = Promise("failed", 0.005), Promise("slow", 0.05)


@dataclass(frozen=True)
class Budget:
    """What the turns of the window have used of one promise."""

    promise: Promise
    bad: int
    turns: int

    @property
    def spent(self) -> float:
        """As a share: 1 is all of it."""
        return self.bad / (self.promise.allowed * self.turns) if self.turns else 0.0

    @property
    def is_overspent(self) -> bool:
        return self.turns >= ENOUGH_TURNS and self.spent > 1
