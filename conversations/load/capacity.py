"""From a few measured points to what many calls need. Pure.

Each call costs the same share of the cores, beside what the machine does anyway. Waiting grows as in a queue, with
ρ / (1 − ρ) of the cores' use (Kleinrock, Queueing Systems, 1975). Patients that a load test runs on the same machine
make calls wait, too, and are no part of what a call costs. Lines are fitted by least squares; `errors` leaves each
point out in turn and says how far off its prediction is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

BUSIEST = 0.7  # of the cores, in planning: above it waiting grows quickly


@dataclass(frozen=True)
class Point:
    """One step of a load test. `cores_used` is of the whole machine, but for what the patients themselves took."""

    calls: int
    cores_used: float
    p50_ms: float
    p95_ms: float
    dropped: float = 0.0  # share of the pictures asked for that did not come: like the last one, or too dear when busy
    memory_gib: float = 0.0  # in use on the machine
    patients_cores: float = 0.0  # that the synthetic patients took, where they ran on the same machine


@dataclass(frozen=True)
class Line:
    """`at(x)` = start + slope · x."""

    start: float
    slope: float

    def at(self, x: float) -> float:
        return self.start + self.slope * x


@dataclass(frozen=True)
class Model:
    """What calls cost on a machine with so many `cores`."""

    cores: int
    use: Line  # cores, by calls
    p50: Line  # ms, by ρ / (1 − ρ)
    p95: Line
    memory: Line  # GiB, by calls
    patients: Line = Line(0.0, 0.0)  # cores that synthetic patients take beside the calls, by calls

    def load(self, calls: float) -> float:
        """ρ: the share of the cores in use, below 1."""
        return min(0.99, max(0.0, self.use.at(calls) + self.patients.at(calls)) / self.cores)

    def p50_ms(self, calls: float) -> float:
        return self.p50.at(_queue(self.load(calls)))

    def p95_ms(self, calls: float) -> float:
        return self.p95.at(_queue(self.load(calls)))

    @property
    def knee(self) -> int:
        """The most calls that leave the cores at most `BUSIEST`."""
        return max(0, math.floor((BUSIEST * self.cores - self.use.start) / self.use.slope)) if self.use.slope else 0


def fit(points: Sequence[Point], cores: int) -> Model:
    """Raises `ValueError` for fewer than two different numbers of calls."""
    if len({point.calls for point in points}) < 2:
        raise ValueError("measure two different numbers of calls, or more")
    calls = [float(point.calls) for point in points]
    use = _line(calls, [point.cores_used for point in points])
    memory, patients = (
        _line(calls, [getattr(point, name) for point in points]) for name in ("memory_gib", "patients_cores")
    )
    model = Model(cores, use, Line(0, 0), Line(0, 0), memory, patients)
    waits = [_queue(model.load(point.calls)) for point in points]
    p50, p95 = (_line(waits, [getattr(point, name) for point in points]) for name in ("p50_ms", "p95_ms"))
    return replace(model, p50=p50, p95=p95)


def errors(points: Sequence[Point], cores: int) -> Sequence[tuple[Point, float]]:
    """Each point with the relative error of its p50, predicted from the others. Empty below four points."""
    if len(points) < 4:
        return ()
    found = []
    for left_out in points:
        model = fit([point for point in points if point is not left_out], cores)
        found.append((left_out, model.p50_ms(left_out.calls) / left_out.p50_ms - 1))
    return found


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
    cores = calls * model.use.slope + machines * model.use.start
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


def _queue(load: float) -> float:
    return load / (1 - load)


def _line(xs: Sequence[float], ys: Sequence[float]) -> Line:
    """Least squares."""
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - middle_x) ** 2 for x in xs)
    slope = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / spread if spread else 0.0
    return Line(middle_y - slope * middle_x, slope)
