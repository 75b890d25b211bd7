"""`make faults`: runs the tests of the table and prints what became of each fault.

FAULT_SEED chooses the schedules, FAULT_SCHEDULES and FAULT_ESCALATIONS how many. Arguments are rows: `6 7 12`.
"""

import os
import sys
from collections import defaultdict

import pytest

from tests.faults.table import TABLE, Row


class Outcomes:
    """A pytest plugin: what became of each test, without its parameters."""

    def __init__(self) -> None:
        self.found: dict[str, set[str]] = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.found[report.nodeid.partition("[")[0]].add(report.outcome)


def verdict(row: Row, found: dict[str, set[str]]) -> str:
    """ "as expected" only if every test of the row ran, and passed."""
    outcomes = set().union(*(found.get(test, {"not run"}) for test in row.tests))
    if outcomes == {"passed"}:
        return "as expected"
    return "NOT AS EXPECTED" if "failed" in outcomes else "not tried"


def main(arguments: list[str]) -> int:
    chosen = [int(number) for number in arguments] or range(1, len(TABLE) + 1)
    rows = {number: TABLE[number - 1] for number in chosen}
    os.environ["FAULTS"] = "1"
    outcomes = Outcomes()
    tests = sorted({test for row in rows.values() for test in row.tests})
    code = pytest.main(["-q", "--timeout", "600", *tests], plugins=[outcomes])
    print(f"\nSeed {os.environ.get('FAULT_SEED', '7')}")
    for number, row in rows.items():
        print(f"{number:3} {verdict(row, outcomes.found):16} {row.fault}: {row.expected}")
        if row.untried:
            print(f"{'':20} not tried: {row.untried}")
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
