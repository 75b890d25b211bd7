"""A small run of `python -m tests.faults.escalations`.

FAULT_ESCALATIONS and FAULT_SEED choose how many, and which schedule.
"""

import os

import pytest

from tests.faults import escalations

ESCALATIONS = int(os.environ.get("FAULT_ESCALATIONS", "70"))
SEED = int(os.environ.get("FAULT_SEED", "7"))


@pytest.mark.stack
@pytest.mark.timeout(300 + 2 * ESCALATIONS)
def test_under_kills_none_is_lost_none_is_shown_twice_and_all_are_paged() -> None:
    outcome = escalations.run(ESCALATIONS, SEED)
    told = "\n".join([f"seed {SEED}", *outcome.told()])
    print(told)
    assert len(outcome.faults) >= 3, told
    assert outcome.problems() == [], told
