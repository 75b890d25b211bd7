"""A measurement is made again only if the machine stood still, not because it came out badly."""

from pathlib import Path

import pytest

from tests.stolen import is_much, steal_s

pytest_plugins = ["pytester"]

TWICE = """
import pytest
from tests.stolen import Stolen
tries = []

@pytest.mark.flaky(reruns=2, condition=lambda: {stolen})
def test_timed():
    tries.append(1)
    assert len(tries) == 2
"""


def test_steal_is_read_from_the_kernel(tmp_path: Path):
    stat = tmp_path / "stat"
    stat.write_text("cpu  10 0 10 100 0 0 0 250 0 0\ncpu0 1 1\n")
    assert steal_s(stat) == pytest.approx(2.5)
    assert steal_s(tmp_path / "none") == 0.0


@pytest.mark.parametrize(
    ("stolen_s", "offered_s", "much"), [(0.0, 60, False), (0.2, 1, False), (1, 60, False), (2, 60, True)]
)
def test_a_little_is_always_stolen(stolen_s: float, offered_s: float, much: bool):
    assert is_much(stolen_s, offered_s) is much


@pytest.mark.parametrize(("stolen", "outcomes"), [(True, {"passed": 1, "rerun": 1}), (False, {"failed": 1})])
def test_a_miss_counts_unless_the_machine_stood_still(
    pytester: pytest.Pytester, stolen: bool, outcomes: dict[str, int]
):
    pytester.makepyfile(TWICE.format(stolen=stolen))
    quiet = ("-p", "no:django", "-o", "asyncio_default_fixture_loop_scope=function")
    found = pytester.runpytest(*quiet).parseoutcomes()
    assert {name: count for name, count in found.items() if name in {"passed", "failed", "rerun"}} == outcomes
