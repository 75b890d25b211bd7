"""What a release must not make worse, and when it has. Pure.

A call is judged against limits that were taken from the control's own calls before the rollout
began, and never move while it lasts: nine of ten calls were within them.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from conversations.releases.sequential import Evidence, wilson

FALSE_ALARMS = 0.01  # the chance that a release which makes nothing worse is ever rolled back
WITHIN = 0.9  # of earlier calls are within a limit
ENOUGH = 20  # earlier calls, below which the targets are the limits


@dataclass(frozen=True)
class Call:
    """One ended call. None where it does not say."""

    candidate: bool = False
    median_ms: float | None = None  # of its turns: the patient's last sound → our first
    stopped_share: float | None = None  # of sentences that the gate stopped
    failed: bool = False  # a turn broke, the model was left out of one, or the process died
    escalated: bool = False
    missed: bool | None = None  # a reviewing clinician found something that nobody was told of
    rating: int | None = None  # the patient's, 1 to 5


@dataclass(frozen=True)
class Limits:
    """`shares` says how many of the `known` earlier calls were bad, by measure."""

    median_ms: float = 1000.0
    stopped_share: float = 0.1
    known: int = 0
    shares: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Measure:
    """`bad` says whether a call is worse than it should be; None if it does not say."""

    name: str
    bad: Callable[[Call, Limits], bool | None]
    tolerance: float  # times the control's share of bad calls that are put up with


def _above(value: float | None, limit: float) -> bool | None:
    return None if value is None else value > limit


MEASURES = (
    Measure("slow", lambda call, limits: _above(call.median_ms, limits.median_ms), 1.5),
    Measure("stopped", lambda call, limits: _above(call.stopped_share, limits.stopped_share), 1.5),
    Measure("failed", lambda call, limits: call.failed, 1.5),
    Measure("escalated", lambda call, limits: call.escalated, 1.5),
    # A release that escalates less may be one that hears less.
    Measure("not_escalated", lambda call, limits: not call.escalated, 1.1),
    Measure("missed", lambda call, limits: call.missed, 1.0),
    Measure("rated_low", lambda call, limits: None if call.rating is None else call.rating <= 2, 1.5),
)
ENOUGH_EVIDENCE = len(MEASURES) / FALSE_ALARMS  # shared out evenly, so that all together keep the promise


@dataclass(frozen=True)
class Reading:
    """One measure of a rollout so far. Shares are (bad, calls)."""

    measure: str
    candidate: tuple[int, int]
    control: tuple[int, int]
    evidence: float  # that the candidate is worse; `ENOUGH_EVIDENCE` is a verdict

    @property
    def is_worse(self) -> bool:
        return self.evidence >= ENOUGH_EVIDENCE

    def interval(self, side: tuple[int, int]) -> tuple[float, float]:
        return wilson(*side)


class Gates:
    """All measures of one rollout. Add calls in the order they ended."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._gathered = {
            measure: Evidence(measure.tolerance, limits.shares.get(measure.name, 1 - WITHIN), limits.known)
            for measure in MEASURES
        }

    def add(self, call: Call) -> None:
        for measure, evidence in self._gathered.items():
            bad = measure.bad(call, self._limits)
            if bad is not None:
                evidence.add(bad, candidate=call.candidate)

    def readings(self) -> list[Reading]:
        return [
            Reading(
                measure.name,
                (evidence.candidate.bad, evidence.candidate.calls),
                (evidence.control.bad, evidence.control.calls),
                evidence.peak,
            )
            for measure, evidence in self._gathered.items()
        ]

    def verdict(self) -> Reading | None:
        """The measure that a rollback rests on, or None while there is none."""
        return next((reading for reading in self.readings() if reading.is_worse), None)


def read(limits: Limits, calls: Iterable[Call]) -> Gates:
    gates = Gates(limits)
    for call in calls:
        gates.add(call)
    return gates


def limits_from(earlier: Sequence[Call]) -> Limits:
    """Limits of a rollout from calls before it; the targets, where there are too few."""
    targets = Limits()
    if len(earlier) < ENOUGH:
        return targets
    slow = _quantile([call.median_ms for call in earlier if call.median_ms is not None], targets.median_ms)
    stopped = _quantile([call.stopped_share for call in earlier if call.stopped_share is not None], 0.0)
    limits = Limits(slow, stopped, len(earlier))
    return Limits(slow, stopped, len(earlier), {measure.name: _share(measure, earlier, limits) for measure in MEASURES})


def _share(measure: Measure, calls: Sequence[Call], limits: Limits) -> float:
    told = [bad for call in calls if (bad := measure.bad(call, limits)) is not None]
    return sum(told) / len(told) if told else 1 - WITHIN


def _quantile(values: list[float], otherwise: float) -> float:
    """The smallest value that `WITHIN` of them do not exceed."""
    return sorted(values)[math.ceil(WITHIN * len(values)) - 1] if values else otherwise
