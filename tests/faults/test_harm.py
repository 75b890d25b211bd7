"""The run that kills everything: each fault comes, and waits are told apart by whether Redis was there."""

from itertools import islice
from typing import Any, cast

import pytest

from tests.bench.bench_queue import Page
from tests.faults.escalations import Outcome, Raiser
from tests.faults.harm import Fault, Harm, in_turn
from tests.stack import Stack

NAMES = ("web", "relay", "redis", "postgres")


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_seed_each_fault_is_done_before_any_is_done_again(seed: int) -> None:
    drawn = list(islice(in_turn(NAMES, seed), 8))
    assert set(drawn[:4]) == set(drawn[4:]) == set(NAMES)
    assert drawn == list(islice(in_turn(NAMES, seed), 8))


def test_a_fault_that_found_its_victim_down_comes_again() -> None:
    tries = []

    def kill_what_is_down_at_first() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ProcessLookupError
        harm.over.set()

    harm = Harm({"web": kill_what_is_down_at_first}, seed=1, every_s=0.001)
    harm.work()
    assert [fault.name for fault in harm.done] == ["web"]
    assert not harm.missing()


def outcome(shown: dict[str, tuple[float, float]], faults: list[Fault], **kept: Any) -> Outcome:
    """`shown`: escalation → when it was committed, and when it was on the page."""
    page, raiser = Page("key"), Raiser(cast(Stack, None))
    for key, (committed, seen) in shown.items():
        raiser.committed[key], page.first_seen[key], page.versions[key] = committed, seen, 1
    counted = dict.fromkeys(("raised", "announced"), len(shown)) | {"unpaged": 0, "waiting": 0}
    return Outcome(set(shown), {"causes": list(shown), **counted, **kept}, page, raiser, faults)


def test_waits_while_redis_was_away_are_told_apart() -> None:
    shown = {"before": (1.0, 1.5), "waited through": (9.0, 12.0), "meanwhile": (11.0, 11.5), "after": (20.0, 20.25)}
    faults = [Fault("redis", 10.0, 13.0), Fault("redis emptied", 19.0, 21.0), Fault("web", 0.5, 2.0)]
    without, others = outcome(shown, faults).split_by_redis()
    assert (without, others) == ([0.5, 3.0], [0.25, 0.5])


def test_sixteen_seconds_without_redis_are_a_problem_and_so_is_what_nobody_did() -> None:
    away = Fault("redis hangs", 10.0, 14.0)
    assert outcome({"one": (10.0, 20.0)}, [away]).problems() == []
    late = outcome({"one": (10.0, 26.0)}, [away])
    late.undone = {"postgres"}
    assert late.problems() == ["1 faults never done (postgres)", "1 shown more than 15 s late without Redis"]


def test_a_lost_one_a_double_and_one_that_nobody_was_paged_about_are_problems() -> None:
    found = outcome({"one": (1.0, 1.5), "two": (2.0, 2.5)}, [], causes=["one", "one"], unpaged=1)
    assert found.problems() == ["1 lost", "1 in the database twice", "1 never paged"]
