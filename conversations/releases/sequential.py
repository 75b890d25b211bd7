"""A test of two shares that may be looked at after every call. Pure.

Each call of the candidate and of the control is either worse than it should be, or not. The
test gathers evidence against "the candidate's share of bad calls is at most `tolerance` times
the control's" as an e-process: a number that starts at 1 and, while that holds, reaches 1/α
with a probability of α at most, however often one looks and whenever one stops (Ville's
inequality). Blocks of both sides are scored with the e-variable of Turner, Ly and Grünwald
("Generic E-variables for exact sequential k-sample tests that allow for optional stopping",
Journal of Statistical Planning and Inference 230, 2024).

Why a block's expected score is at most 1: with shares a > b of the alternative, n and m calls,
and c = (na + mb)/(n + m), one call's expected factor is linear in its true share and equals 1 at
c; the slopes n(a − c) and m(b − c) cancel there, and the logarithm of the product is concave.
Below equality it is smaller still, as the candidate's factor grows and the control's falls with
the share. Factors are linear in the outcome, so a bad call may count 1/tolerance: that tests a
share against `tolerance` times another exactly.
"""

import math
from dataclasses import dataclass, field

# The alternative: the odds of a bad call, times one of these. Their mean is an e-process too.
ODDS = (1.5, 3.0, 8.0, 20.0, 60.0)
HISTORY_WEIGHT = 100.0  # earlier calls say at most this much about the control's share


@dataclass
class Tally:
    calls: int = 0
    bad: int = 0

    def add(self, bad: bool) -> None:
        self.calls += 1
        self.bad += bad


@dataclass
class Evidence:
    """Add calls in the order they ended. `expected` is the control's share of bad calls so far, from `known` calls."""

    tolerance: float
    expected: float = 0.1
    known: int = 0
    candidate: Tally = field(default_factory=Tally)
    control: Tally = field(default_factory=Tally)
    peak: float = 1.0  # the most evidence there has been: what the guarantee speaks of
    _block: tuple[Tally, Tally] = field(default_factory=lambda: (Tally(), Tally()))
    _logs: list[float] = field(default_factory=lambda: [0.0] * len(ODDS))
    _seen: Tally = field(default_factory=Tally)  # the control's calls of closed blocks

    def add(self, bad: bool, *, candidate: bool) -> None:
        (self.candidate if candidate else self.control).add(bad)
        self._block[0 if candidate else 1].add(bad)
        if all(side.calls for side in self._block):
            self._close()

    @property
    def value(self) -> float:
        return sum(math.exp(min(log, 700.0)) for log in self._logs) / len(ODDS)

    def _close(self) -> None:
        """Score the block by what was known before it."""
        ours, theirs = self._block
        share = self._share()
        for place, odds in enumerate(ODDS):
            self._logs[place] += _score(ours, theirs, _raised(share, odds), share, self.tolerance)
        self._seen.calls += theirs.calls
        self._seen.bad += theirs.bad
        self._block = (Tally(), Tally())
        self.peak = max(self.peak, self.value)

    def _share(self) -> float:
        weight = min(float(self.known), HISTORY_WEIGHT)
        return (self.expected * weight + self._seen.bad + 0.5) / (weight + self._seen.calls + 1.0)


def _raised(share: float, odds: float) -> float:
    raised = share / (1.0 - share) * odds
    return raised / (1.0 + raised)


def _score(ours: Tally, theirs: Tally, above: float, share: float, tolerance: float) -> float:
    """The logarithm of a block's e-variable."""
    middle = (ours.calls * above + theirs.calls * share) / (ours.calls + theirs.calls)
    weight = 1.0 / tolerance
    fine = (1.0 - above) / (1.0 - middle)
    bad = weight * above / middle + (1.0 - weight) * fine
    return (
        ours.bad * math.log(bad)
        + (ours.calls - ours.bad) * math.log(fine)
        + theirs.bad * math.log(share / middle)
        + (theirs.calls - theirs.bad) * math.log((1.0 - share) / (1.0 - middle))
    )


def wilson(bad: int, calls: int, z: float = 1.96) -> tuple[float, float]:
    """A 95 % interval for a share, for people to look at (Wilson, 1927). (0, 1) where nothing is known."""
    if not calls:
        return 0.0, 1.0
    share, spread = bad / calls, z * z / calls
    middle = (share + spread / 2) / (1 + spread)
    reach = z * math.sqrt(share * (1 - share) / calls + spread / (4 * calls)) / (1 + spread)
    return max(0.0, middle - reach), min(1.0, middle + reach)
