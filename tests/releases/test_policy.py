"""The policy of releases, without a database: what they hold, whom they reach, and when one is taken back."""

import random
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from conversations.releases import budget, gates, simulation
from conversations.releases.allotment import reached
from conversations.releases.budget import Budget
from conversations.releases.bundle import Bundle, Difference, Ground, differences, hindrances
from conversations.releases.gates import Call, Gates, Limits
from conversations.releases.sequential import Evidence, wilson

PARTS: dict[str, str | int | float] = {
    "software.version": "1",
    "model.name": "careful-8b",
    "decoding.temperature": 0.2,
    "prompt.version": "v1",
    "prompt.sha256": "p1",
    "protocol.copd": "c1",
}
GROUND = Ground(Bundle(PARTS).software, {"v1": "p1"}, frozenset({"c1"}), model_server=True)


def test_the_hash_depends_on_every_part_and_not_on_their_order():
    bundle = Bundle(PARTS)
    assert bundle.digest == Bundle(dict(reversed(PARTS.items()))).digest
    others = {Bundle({**PARTS, name: "other"}).digest for name in PARTS}
    assert len(others | {bundle.digest}) == len(PARTS) + 1


def test_what_comes_with_the_software_cannot_be_chosen():
    with pytest.raises(KeyError):
        Bundle(PARTS).with_parts({"software.version": "2"})
    with pytest.raises(KeyError):
        Bundle(PARTS).with_parts({"model.nmae": "typo"})


def test_a_difference_names_the_part_and_both_sides():
    changed = Bundle(PARTS).with_parts({"decoding.temperature": 0.7})
    assert differences(Bundle(PARTS), changed) == [Difference("decoding.temperature", 0.2, 0.7)]


@pytest.mark.parametrize(
    ("ground", "because"),
    [
        (GROUND, []),
        (Ground("other", GROUND.prompts, GROUND.protocols, True), ["software"]),
        (Ground(GROUND.software, {"v1": "edited"}, GROUND.protocols, True), ["prompt"]),
        (Ground(GROUND.software, GROUND.prompts, frozenset(), True), ["protocol"]),
        (Ground(GROUND.software, GROUND.prompts, GROUND.protocols, False), ["model"]),
    ],
)
def test_a_release_says_what_keeps_it_from_being_started(ground, because):
    assert hindrances(Bundle(PARTS), ground) == because


def test_patients_stay_on_their_side_and_widening_only_adds():
    patients = [UUID(int=random.Random(number).getrandbits(128)) for number in range(4000)]
    rollout = UUID(int=7)
    sides = {percent: {p for p in patients if reached(p, rollout, percent)} for percent in (5, 25, 50, 95)}
    assert sides[5] < sides[25] < sides[50] < sides[95]
    assert len(sides[25]) == pytest.approx(1000, rel=0.1)
    assert sides[25] != {p for p in patients if reached(p, UUID(int=8), 25)}


# -- the error budget ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "turns", "spent", "over"),
    [(0, 0, 0.0, False), (3, 100, 6.0, False), (5, 1000, 1.0, False), (6, 1000, 1.2, True), (250, 100_000, 0.5, False)],
)
def test_a_budget_is_overspent_by_more_than_it_allows_of_many_turns(bad, turns, spent, over):
    found = Budget(budget.FAILED, bad, turns)
    assert found.spent == pytest.approx(spent)
    assert found.is_overspent is over


# -- the test ---------------------------------------------------------------------


def evidence_of(candidate: float, control: float, seed: int, *, calls: int = 400, share: float = 0.3) -> Evidence:
    chance = random.Random(seed)
    evidence = Evidence(tolerance=1.5, expected=control, known=200)
    for _ in range(calls):
        side = chance.random() < share
        evidence.add(chance.random() < (candidate if side else control), candidate=side)
    return evidence


def test_evidence_against_a_good_release_rarely_grows_however_often_one_looks():
    """Ville: at the edge of what is tolerated, at most one in twenty may ever reach 20. 300 tries, with slack."""
    peaks = [evidence_of(candidate=0.3, control=0.2, seed=seed).peak for seed in range(300)]
    assert sum(peak >= 20 for peak in peaks) <= 0.05 * 300
    assert sum(evidence_of(0.1, 0.1, seed).peak >= 20 for seed in range(300)) <= 3


def test_evidence_against_a_bad_release_grows():
    assert all(evidence_of(candidate=0.6, control=0.1, seed=seed).peak > 1000 for seed in range(20))


def test_without_a_control_nothing_is_claimed():
    evidence = Evidence(tolerance=1.5)
    for _ in range(50):
        evidence.add(True, candidate=True)
    assert evidence.value == 1.0


@pytest.mark.parametrize(("bad", "calls", "low", "high"), [(0, 0, 0, 1), (0, 20, 0, 0.161), (10, 20, 0.299, 0.701)])
def test_intervals_are_wilsons(bad, calls, low, high):
    assert wilson(bad, calls) == pytest.approx((low, high), abs=0.001)


# -- the gates ----------------------------------------------------------------------

EARLIER = [Call(median_ms=300 + n, stopped_share=0.01 * (n % 5), escalated=n % 5 == 0) for n in range(100)]


def test_limits_are_what_nine_of_ten_earlier_calls_kept():
    limits = gates.limits_from(EARLIER)
    assert (limits.median_ms, limits.stopped_share, limits.known) == (389, 0.04, 100)
    assert limits.shares["slow"] == 0.1
    assert limits.shares["escalated"] == 0.2


def test_with_few_earlier_calls_the_targets_are_the_limits():
    assert gates.limits_from(EARLIER[:5]) == Limits()


@pytest.mark.parametrize(
    ("harm", "measure"),
    [
        ({"median_ms": 700.0}, "slow"),
        ({"stopped_share": 0.2}, "stopped"),
        ({"failed": True}, "failed"),
        ({"escalated": True}, "escalated"),
        ({"missed": True}, "missed"),
        ({"rating": 1}, "rated_low"),
    ],
)
def test_each_harm_is_seen_for_what_it_is(harm, measure):
    judged = Gates(gates.limits_from(EARLIER))
    fine = {"median_ms": 320.0, "stopped_share": 0.0, "missed": False, "rating": 5}
    for number in range(120):
        judged.add(Call(**fine, escalated=number % 5 == 0))
        judged.add(Call(**{**fine, "escalated": number % 5 == 0, **harm}, candidate=True))
    found = judged.verdict()
    assert found is not None
    assert found.measure == measure
    assert found.candidate[0] > found.control[0]


def test_a_release_that_falls_silent_about_symptoms_is_taken_back_too():
    """No escalation at all, where half of calls had one."""
    judged = Gates(gates.limits_from([Call(median_ms=300, escalated=n % 2 == 0) for n in range(100)]))
    for number in range(200):
        judged.add(Call(median_ms=300, escalated=number % 2 == 0))
        judged.add(Call(median_ms=300, escalated=False, candidate=True))
    found = judged.verdict()
    assert found is not None
    assert found.measure == "not_escalated"


@pytest.mark.parametrize("release", simulation.HARMFUL, ids=lambda release: release.name)
def test_simulated_harm_is_rolled_back(release):
    outcomes = [simulation.rollout(release, seed) for seed in range(3)]
    assert all(outcome.measure for outcome in outcomes)
    assert max(outcome.calls for outcome in outcomes) < 300


def test_simulated_health_is_left_alone():
    """The whole thousand: `manage.py simulate_rollout`."""
    assert [simulation.rollout(simulation.HEALTHY, seed).measure for seed in range(4)] == [None] * 4


def test_the_command_fails_where_a_harm_is_missed(monkeypatch: pytest.MonkeyPatch):
    call_command("simulate_rollout", healthy=1, harmful=1)
    harmless = simulation.Release("a harm that does nothing")
    monkeypatch.setattr(simulation, "HARMFUL", (simulation.SLOWER, harmless))
    with pytest.raises(CommandError, match="Not always rolled back: a harm that does nothing"):
        call_command("simulate_rollout", healthy=1, harmful=1)
    monkeypatch.setattr(simulation, "rollout", lambda release, seed: simulation.Outcome("slower", 5))
    with pytest.raises(CommandError, match="More than 1% of the healthy"):
        call_command("simulate_rollout", healthy=1, harmful=1)
