"""What stands out from a patient's own usual: shared by what is seen and what is heard. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import fmean
from typing import TypeVar

T = TypeVar("T")
LARGEST = 500.0  # of what a device reports: degrees and shares stay far below


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that stands out, in a few plain words. Strength and concern are 0 to 1.

    `concern` is how much it would worry a listener at full strength. It slows the conversation; it decides nothing.
    """

    words: str
    strength: float
    concern: float = 0.0

    @property
    def weight(self) -> float:
        return self.strength * (1 + self.concern)


def strongest_first(signs: Iterable[Sign], least: float = 0.01) -> Sequence[Sign]:
    """Those of at least this strength; of equal ones, what would worry more."""
    return sorted((sign for sign in signs if sign.strength >= least), key=lambda sign: -sign.weight)


@dataclass(frozen=True, slots=True)
class Usual:
    """A number's usual value for one patient: mean and mean deviation, following slowly.

    The first values count fully, later ones as one of `memory`, so that what lasts a whole call becomes usual.
    """

    least: float  # the smallest spread: what is less is noise
    mean: float = 0.0
    spread: float = 0.0
    count: int = 0
    memory: int = 600

    def after(self, value: float) -> "Usual":
        """With one more value. One far outside counts as one at the edge: a grimace must not become usual by itself."""
        rate = 1 / min(self.count + 1, self.memory)
        if self.count >= 10:
            reach = 4 * max(self.spread, self.least)
            value = min(max(value, self.mean - reach), self.mean + reach)
        mean = self.mean + rate * (value - self.mean)
        spread = self.spread + rate * (abs(value - mean) - self.spread)
        return Usual(self.least, mean, spread, self.count + 1, self.memory)

    def stands_out(self, values: Sequence[float]) -> float:
        """How far these are from usual on average, in spreads; below is negative."""
        if not values or not self.count:
            return 0.0
        return (fmean(values) - self.mean) / max(self.spread, self.least)


def is_plausible(value: object) -> bool:
    """Whether a stranger's device may have measured this."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and abs(value) < LARGEST


def share(moments: Sequence[T], holds: Callable[[T], bool]) -> float:
    """Of these moments, the share of which it holds."""
    return sum(map(holds, moments)) / len(moments)


def over(value: float, least: float, full: float = 1.0) -> float:
    """A strength: 0 up to `least`, 0.3 just above, 1 from `full` on."""
    if value < least:
        return 0.0
    return min(1.0, 0.3 + 0.7 * (value - least) / (full - least)) if full > least else 1.0
