"""From a few measured points to what many calls need. Pure.

A call works a little (a picture, some sound, an answer), then waits until there is work again. A number of calls that
does so on a number of cores is the machine repair model of queueing (Engset; Kleinrock, Queueing Systems, 1975, 3.8,
with several repairmen): the cores are never overrun, each call only gets slower, which is what calls do that draw fewer
pictures on a busy machine. One number is fitted to the cores used, what a call takes when nothing hinders it; what the
machine does without calls is measured. From it follows how much longer work takes than on a free core; waiting is the
floor's patience, which no load changes, and work that takes that much longer.

That holds until the cores are used up: then sound comes faster than it is heard, and waiting grows without end. Steps
that used more of them than `USED_UP` are where it breaks; the model is not fitted to them.

Patients that a load test runs on the same machine make calls wait, too, and are no part of what a call costs.
`fitted` says how far off the model is at each point, `errors` leaves each out in turn.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

BUSIEST = 0.7  # of the cores, in planning: above it waiting grows quickly
USED_UP = 0.9  # of the cores, with whatever else is on the machine
MOST = 0.99  # of a core, that a call can take: it waits for its work a little


@dataclass(frozen=True)
class Point:
    """One step of a load test. `cores_used` is of the whole machine, but for what the patients themselves took.

    No calls: what the machine does anyway.
    """

    calls: int
    cores_used: float
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    dropped: float = 0.0  # share of the pictures asked for that did not come: like the last one, or too dear when busy
    memory_gib: float = 0.0  # in use on the machine
    patients_cores: float = 0.0  # that the synthetic patients took, where they ran on the same machine
    answers: int = 0  # that were waited for
    seconds: float = 0.0

    def uses_up(self, cores: int) -> bool:
        return self.cores_used + self.patients_cores > USED_UP * cores


@dataclass(frozen=True)
class Line:
    """`at(x)` = start + slope · x."""

    start: float
    slope: float

    def at(self, x: float) -> float:
        return self.start + self.slope * x


@dataclass(frozen=True)
class Model:
    """What calls cost on a machine with so many `cores`, of which `idle` are in use without any."""

    cores: int
    idle: float
    call: float  # cores that one takes when nothing hinders it
    patient: float  # that its synthetic patient takes beside it
    memory: Line  # GiB, by calls
    p50: Line = Line(0.0, 0.0)  # ms, by `stretch`
    p95: Line = Line(0.0, 0.0)

    def cores_used(self, calls: int) -> float:
        """Without the patients."""
        together = self.call + self.patient
        return self.idle + self.busy(calls) * (self.call / together if together else 0.0)

    def busy(self, calls: int) -> float:
        """Cores that calls and patients take."""
        return self._free * _working(calls, self.cores, self._wanted)[0] / self.cores

    def stretch(self, calls: int) -> float:
        """How many times as long as on a free core work takes."""
        taken, there = _working(calls, self.cores, self._wanted)
        return there / taken if taken else 1.0

    def p50_ms(self, calls: int) -> float:
        return self.p50.at(self.stretch(calls))

    def p95_ms(self, calls: int) -> float:
        return self.p95.at(self.stretch(calls))

    @property
    def knee(self) -> int:
        """The most calls that leave the cores at most `BUSIEST`."""
        return max(0, math.floor((BUSIEST * self.cores - self.idle) / self.call)) if self.call else 0

    @property
    def _free(self) -> float:
        return self.cores - self.idle

    @property
    def _wanted(self) -> float:
        """The share of a core's time that a call and its patient work, when nothing hinders them."""
        return min(MOST, (self.call + self.patient) * self.cores / self._free)


def fit(points: Sequence[Point], cores: int) -> Model:
    """Raises `ValueError` for fewer than two different numbers of calls."""
    steps = [point for point in points if point.calls and not point.uses_up(cores)]
    if len({point.calls for point in steps}) < 2:
        raise ValueError(f"measure two different numbers of calls, or more, that leave {1 - USED_UP:.0%} of the cores")
    idle = next((point.cores_used for point in points if not point.calls), 0.0)
    model = Model(cores, idle, 0.0, 0.0, _line([(one.calls, one.memory_gib) for one in steps]))

    def off(wanted: float) -> float:
        tried = replace(model, call=wanted * model._free / cores)
        return sum(((idle + tried.busy(one.calls)) / (one.cores_used + one.patients_cores) - 1) ** 2 for one in steps)

    together = _lowest(off, 0.0, MOST) * model._free / cores
    patients = sum(one.patients_cores for one in steps)
    patient = together * patients / (patients + sum(max(0.0, one.cores_used - idle) for one in steps) or 1.0)
    model = replace(model, call=together - patient, patient=patient)
    p50, p95 = (
        _growing([(model.stretch(one.calls), getattr(one, name)) for one in steps]) for name in ("p50_ms", "p95_ms")
    )
    return replace(model, p50=p50, p95=p95)


@dataclass(frozen=True)
class Off:
    """How far off a model is at a point: 0.1 is a tenth too high."""

    point: Point
    cores_used: float
    p50: float
    p95: float

    @property
    def worst(self) -> float:
        """Of cores and median; the 95th percentile of a few answers is nearly the slowest one."""
        return max(abs(self.cores_used), abs(self.p50))


def fitted(points: Sequence[Point], cores: int) -> Sequence[Off]:
    """Each number of calls, by the model of all of them."""
    model = fit(points, cores)
    return [_off(model, one) for one in points if one.calls]


def errors(points: Sequence[Point], cores: int) -> Sequence[Off]:
    """Each number of calls, predicted from the others. Empty below four that the model is fitted to."""
    steps = [point for point in points if point.calls]
    if sum(not point.uses_up(cores) for point in steps) < 4:
        return ()
    return [_off(fit([point for point in points if point is not one], cores), one) for one in steps]


def _off(model: Model, one: Point) -> Off:
    predicted = model.cores_used(one.calls), model.p50_ms(one.calls), model.p95_ms(one.calls)
    measured = one.cores_used, one.p50_ms, one.p95_ms
    return Off(one, *(is_ / was - 1 for is_, was in zip(predicted, measured, strict=True)))


@dataclass(frozen=True)
class Profile:
    """What one call does, where nothing measured it. Change what is not so for you."""

    down_mbps: float = 1.5  # 720p of a drawn face, and sound
    up_mbps: float = 0.04  # sound; no picture leaves the patient's device
    relayed: float = 0.2  # share of patients behind firewalls that need TURN
    turns_a_minute: float = 4.0
    tokens_a_turn: float = 2600.0  # prompt and answer
    rows_a_turn: float = 8.0  # words of both sides, timing, dialogue, audit
    rows_a_second: float = 1.0  # the heartbeat
    messages_a_second: float = 0.2  # Redis: signalling and hints
    core_usd_an_hour: float = 0.04  # prices as large clouds list them, without any discount
    gigabyte_usd: float = 0.05  # that leaves; relayed ones leave twice
    million_tokens_usd: float = 0.6


@dataclass(frozen=True)
class Needs:
    calls: int
    machines: int  # of the measured size, for call processes
    cores: float
    memory_gib: float
    egress_gbps: float
    turn_gbps: float  # in and out of the relays
    rows_a_second: float
    redis_messages_a_second: float
    model_tokens_a_second: float
    usd_an_hour: float  # cores, what leaves, and the model; not the database


def needs(calls: int, model: Model, profile: Profile = Profile()) -> Needs:
    """For so many calls at once. Raises `ValueError` if not even one fits on the measured machine."""
    if model.knee < 1:
        raise ValueError("not one call fits on this machine with room to spare")
    machines = math.ceil(calls / model.knee)
    turns_a_second = calls * profile.turns_a_minute / 60
    both_ways = profile.down_mbps + profile.up_mbps
    cores = calls * model.call + machines * model.idle
    egress_gbps = calls * profile.down_mbps / 1000
    turn_gbps = 2 * calls * profile.relayed * both_ways / 1000
    tokens_a_second = turns_a_second * profile.tokens_a_turn
    return Needs(
        calls=calls,
        machines=machines,
        cores=cores,
        memory_gib=calls * model.memory.slope + machines * model.memory.start,
        egress_gbps=egress_gbps,
        turn_gbps=turn_gbps,
        rows_a_second=turns_a_second * profile.rows_a_turn + calls * profile.rows_a_second,
        redis_messages_a_second=calls * profile.messages_a_second,
        model_tokens_a_second=tokens_a_second,
        usd_an_hour=machines * model.cores * profile.core_usd_an_hour
        + (egress_gbps + turn_gbps / 2) / 8 * 3600 * profile.gigabyte_usd
        + tokens_a_second * 3600 / 1e6 * profile.million_tokens_usd,
    )


def _working(calls: int, cores: int, wanted: float) -> tuple[float, float]:
    """How many calls have a core, and how many want one, on average; each alone would work `wanted` of the time."""
    if not calls or not wanted:
        return 0.0, 0.0
    odds = math.log(wanted / (1 - wanted))
    steps = (math.log((calls - there) / min(there + 1, cores)) + odds for there in range(calls))
    logs = list(accumulate(steps, initial=0.0))
    chances = [math.exp(one - max(logs)) for one in logs]
    taken = sum(min(there, cores) * chance for there, chance in enumerate(chances))
    return taken / sum(chances), sum(there * chance for there, chance in enumerate(chances)) / sum(chances)


def _lowest(of: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is lowest."""
    while high - low > 1e-6:
        first, second = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, second) if of(first) < of(second) else (first, high)
    return (low + high) / 2


def _growing(pairs: Sequence[tuple[float, float]]) -> Line:
    """Least squares, but never falling: nobody waits less because more call."""
    line = _line(pairs)
    return line if line.slope >= 0 else Line(sum(y for _, y in pairs) / len(pairs), 0.0)


def _line(pairs: Sequence[tuple[float, float]]) -> Line:
    """Least squares."""
    middle_x, middle_y = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
    spread = sum((x - middle_x) ** 2 for x, _ in pairs)
    slope = sum((x - middle_x) * (y - middle_y) for x, y in pairs) / spread if spread else 0.0
    return Line(middle_y - slope * middle_x, slope)
