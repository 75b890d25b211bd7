"""How a living thing moves: springs that ease, noise that wanders, moments that come at a human pace.

Pure: everything is a function of time and a seed, so any frame can be drawn for any moment, again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, exp, floor, pi

_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Spring:
    """A critically damped spring on its way to `target`: no overshoot, no corner when the target changes."""

    value: float
    speed: float = 0.0
    since_s: float = 0.0
    target: float = 0.0
    stiffness: float = 6.0  # 1/s; it is 90 % there after about 4 / stiffness seconds

    def at(self, at_s: float) -> tuple[float, float]:
        """Value and speed at a moment."""
        passed = max(0.0, at_s - self.since_s)
        offset = self.value - self.target
        push = self.speed + self.stiffness * offset
        fade = exp(-self.stiffness * passed)
        return self.target + (offset + push * passed) * fade, (push - self.stiffness * (offset + push * passed)) * fade

    def towards(self, target: float, at_s: float) -> "Spring":
        value, speed = self.at(at_s)
        return Spring(value, speed, max(at_s, self.since_s), target, self.stiffness)


@dataclass(frozen=True, slots=True)
class Pace:
    """A rate that changes with what is going on, counted up: `count` grows by one for each expected moment."""

    changes: tuple[tuple[float, float, float], ...] = ((0.0, 0.0, 0.0),)  # (from_s, count then, per second)

    def at(self, at_s: float) -> float:
        index = max(0, bisect_right(self.changes, at_s, key=lambda change: change[0]) - 1)
        from_s, count, per_s = self.changes[index]
        return count + max(0.0, at_s - from_s) * per_s

    def when(self, count: float) -> float:
        """The moment this count is reached, if nothing changes any more."""
        index = max(0, bisect_right(self.changes, count, key=lambda change: change[1]) - 1)
        from_s, before, per_s = self.changes[index]
        return from_s + (count - before) / per_s if per_s > 0 else float("inf")

    def changing(self, at_s: float, per_s: float) -> "Pace":
        """Only the last few changes are kept: nobody looks further back than a minute."""
        return Pace((*self.changes[-15:], (max(at_s, self.changes[-1][0]), self.at(at_s), per_s)))


@lru_cache(maxsize=1024)
def chance(seed: int, *place: int) -> float:
    """A fixed number in [0, 1) for a place: splitmix64. What sways asks for the same ones for seconds."""
    state = seed & _MASK
    for number in place:
        state = (state + 0x9E3779B97F4A7C15 + (number & _MASK) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31
    return state / 2**64


def wander(seed: int, channel: int, at: float) -> float:
    """Smooth noise between -1 and 1 that changes over about 1 of `at` and never repeats."""
    index = floor(at)
    share = at - index
    before, after = 2 * chance(seed, channel, index) - 1, 2 * chance(seed, channel, index + 1) - 1
    return before + (after - before) * share * share * (3 - 2 * share)


@lru_cache(maxsize=64)
def _counts(seed: int, channel: int, block: int) -> tuple[float, ...]:
    """The counts at which moments number 64 × block and following come: one apart on average, never regular."""
    start = _counts(seed, channel, block - 1)[-1] if block else 0.0
    counts = []
    for index in range(64):
        start += 0.3 + 1.4 * chance(seed, channel, block * 64 + index)
        counts.append(start)
    return tuple(counts)


def moments(seed: int, channel: int, first: float, last: float) -> Sequence[tuple[int, float]]:
    """(number, count) of the moments that come while the count goes from `first` to `last`."""
    found = []
    block = 0
    while True:
        counts = _counts(seed, channel, block)
        begins, ends = bisect_left(counts, first), bisect_right(counts, last)
        found += [(block * 64 + index, counts[index]) for index in range(begins, ends)]
        if counts[-1] > last:
            return found
        block += 1


def swell(at_s: float, rise_s: float, hold_s: float, fall_s: float) -> float:
    """0 to 1 and back, smoothly, from time 0."""
    if at_s <= 0 or at_s >= rise_s + hold_s + fall_s:
        return 0.0
    if at_s < rise_s:
        return 0.5 - 0.5 * cos(pi * at_s / rise_s)
    if at_s < rise_s + hold_s:
        return 1.0
    return 0.5 + 0.5 * cos(pi * (at_s - rise_s - hold_s) / fall_s)
