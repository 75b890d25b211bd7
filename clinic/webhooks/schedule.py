"""When a delivery is tried again: ten attempts over 75 hours, as the specification proposes. Pure."""

import random
from collections.abc import Sequence
from datetime import timedelta

RESTS: Sequence[timedelta] = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
ATTEMPTS = len(RESTS) + 1
JITTER = 0.1  # each rest is up to a tenth longer, so that receivers that come back are not met by everyone at once


def rest_after(attempt: int, chance: float | None = None) -> timedelta | None:
    """How long to wait after this attempt (from 1) failed; None after the last. `chance` is from 0 to 1."""
    if attempt > len(RESTS):
        return None
    share = random.random() if chance is None else chance  # noqa: S311  (spread, not secrecy)
    return RESTS[attempt - 1] * (1 + JITTER * share)
