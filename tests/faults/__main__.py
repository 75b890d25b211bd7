"""`make faults`: runs the tests of the table, says what became of each fault once that is known, and keeps a report.

FAULT_SEED chooses the schedules, FAULT_SCHEDULES and FAULT_ESCALATIONS how many. Arguments are rows: `6 7 12`.
The report of the last run is var/faults.md.
"""

import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest

from tests.faults.table import TABLE, Row
from tests.stack import ROOT

REPORT = ROOT / "var" / "faults.md"


class Outcomes:
    """A pytest plugin: what became of each test, without its parameters; tells a row once its tests are over."""

    def __init__(self, rows: Mapping[int, Row]) -> None:
        self.rows = rows
        self.found: dict[str, set[str]] = defaultdict(set)
        self.took_s: dict[str, float] = defaultdict(float)
        self._left: Counter[str] = Counter()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._left = Counter(_test(item.nodeid) for item in session.items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = _test(report.nodeid)
        self.took_s[test] += report.duration
        if report.when == "call" or report.outcome != "passed":
            self.found[test].add(report.outcome)
        if report.when == "teardown":
            self._left[test] -= 1
            for number, row in self.rows.items():
                if test in row.tests and not any(self._left[one] for one in row.tests):
                    sys.stdout.write(f"\n\n{self.line(number)}\n\n")

    def seconds(self, row: Row) -> float:
        return sum(self.took_s[test] for test in row.tests)

    def line(self, number: int) -> str:
        row = self.rows[number]
        return f"{number:3} {verdict(row, self.found):16} {self.seconds(row):4.0f} s  {row.fault}: {row.expected}"


def _test(node: str) -> str:
    return node.partition("[")[0]


def verdict(row: Row, found: Mapping[str, set[str]]) -> str:
    """ "as expected" only if every test of the row ran, and passed."""
    outcomes = set().union(*(found.get(test, {"not run"}) for test in row.tests))
    if outcomes == {"passed"}:
        return "as expected"
    return "NOT AS EXPECTED" if "failed" in outcomes else "not tried"


def report(outcomes: Outcomes, seed: str, loads: tuple[float, float]) -> Iterator[str]:
    """A page of Markdown. `loads` are the machine's, before and after: on a busy one limits of time are missed."""
    yield "# Faults\n"
    before, after = loads
    yield f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, seed {seed}, {os.cpu_count()} cores,"
    yield f"load {before:.1f} before and {after:.1f} after.\n"
    yield "| row | became | s | fault | expected |"
    yield "| ---: | --- | ---: | --- | --- |"
    for number, row in outcomes.rows.items():
        became = verdict(row, outcomes.found)
        yield f"| {number} | {became} | {outcomes.seconds(row):.0f} | {row.fault} | {row.expected} |"
    for number, row in outcomes.rows.items():
        for test in row.tests:
            if outcomes.found.get(test) != {"passed"}:
                became = ", ".join(sorted(outcomes.found.get(test, {"not run"})))
                yield f"\nRow {number}: `{test}`: {became}."


def main(arguments: list[str]) -> int:
    chosen = [int(number) for number in arguments] or range(1, len(TABLE) + 1)
    rows = {number: TABLE[number - 1] for number in chosen}
    os.environ["FAULTS"] = "1"
    seed, before = os.environ.get("FAULT_SEED", "7"), os.getloadavg()[0]
    outcomes = Outcomes(rows)
    tests = sorted({test for row in rows.values() for test in row.tests})
    code = pytest.main(["-vv", "--timeout", "600", *tests], plugins=[outcomes])
    sys.stdout.write(f"\nSeed {seed}\n")
    for number in rows:
        sys.stdout.write(f"{outcomes.line(number)}\n")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text("\n".join(report(outcomes, seed, (before, os.getloadavg()[0]))) + "\n")
    sys.stdout.write(f"\nKept in {REPORT.relative_to(ROOT)}\n")
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
