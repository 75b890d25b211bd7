"""Rollouts that never happened, to see what the gates make of good releases and of bad ones. Pure.

What calls look like is set here and not measured: what is tried is the policy. Called by `manage.py simulate_rollout`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from conversations.releases import gates
from conversations.releases.gates import Call, Gates

EARLIER = 300  # calls before the rollout
STEPS: Sequence[tuple[int, float]] = ((200, 0.1), (200, 0.25), (600, 0.5))  # (calls, share that the candidate gets)


@dataclass(frozen=True)
class Release:
    """How a simulated release behaves; the defaults are a healthy one."""

    name: str = "healthy"
    slower_ms: float = 0.0
    stops: float = 1.0  # times as many sentences are stopped
    throws: float = 0.0005  # share of turns that fail


HEALTHY = Release()
SLOWER = Release("300 ms slower", slower_ms=300.0)
STOPPED = Release("three times the gate stops", stops=3.0)
THROWING = Release("2 % of turns throw", throws=0.02)
HARMFUL = (SLOWER, STOPPED, THROWING)


@dataclass(frozen=True)
class Outcome:
    """`calls` of the candidate until the verdict; all of them if there was none."""

    measure: str | None
    calls: int


def rollout(candidate: Release, seed: int) -> Outcome:
    """One simulated rollout against a healthy control, looked at after every call."""
    chance = np.random.default_rng(seed)
    judged = Gates(gates.limits_from([_call(HEALTHY, chance) for _ in range(EARLIER)]))
    reached = 0
    for is_candidate in _sides(chance):
        reached += is_candidate
        judged.add(_call(candidate if is_candidate else HEALTHY, chance, candidate=is_candidate))
        if is_candidate and (found := judged.verdict()):
            return Outcome(found.measure, reached)
    found = judged.verdict()
    return Outcome(found.measure if found else None, reached)


def _sides(chance: np.random.Generator) -> Iterator[bool]:
    for calls, share in STEPS:
        yield from (bool(side) for side in chance.random(calls) < share)


def _call(release: Release, chance: np.random.Generator, *, candidate: bool = False) -> Call:
    """Calls of about 15 turns; patients differ, and turns of one patient are alike."""
    turns = 1 + int(chance.poisson(14))
    pace = 380.0 * chance.lognormal(0.0, 0.15)
    waits = pace * chance.lognormal(0.0, 0.35, turns) + release.slower_ms
    stop = min(0.95, chance.beta(1.5, 48.5) * release.stops)
    sentences = 2 * turns
    return Call(
        candidate=candidate,
        median_ms=float(np.median(waits)),
        stopped_share=int(chance.binomial(sentences, stop)) / sentences,
        failed=bool(chance.random() < 1 - (1 - release.throws) ** turns),
        escalated=bool(chance.random() < 0.2),
        missed=bool(chance.random() < 0.02) if chance.random() < 0.1 else None,
        rating=int(chance.choice([1, 2, 3, 4, 5], p=[0.02, 0.03, 0.1, 0.35, 0.5])) if chance.random() < 0.4 else None,
    )
