"""The table of faults names tests that exist, and tells a success from everything else."""

import ast
import re
from pathlib import Path

import pytest

from tests.faults.__main__ import Outcomes, report, verdict
from tests.faults.table import TABLE, Row
from tests.stack import ROOT


def functions(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: re.sub(r"\W+", "-", row.fault))
def test_a_fault_is_tried_by_tests_that_exist(row: Row):
    assert row.tests
    for test in row.tests:
        path, *_, name = test.split("::")
        assert name in functions(ROOT / path), f"{test} does not exist"


def test_there_are_twenty():
    assert len(TABLE) == 20


def test_only_passing_counts():
    row = Row("a fault", "well", ("a", "b"))
    assert verdict(row, {"a": {"passed"}, "b": {"passed"}}) == "as expected"
    assert verdict(row, {"a": {"passed"}, "b": {"failed"}}) == "NOT AS EXPECTED"
    assert verdict(row, {"a": {"passed"}, "b": {"skipped"}}) == "not tried"
    assert verdict(row, {"a": {"passed"}}) == "not tried"


def test_the_report_names_what_did_not_pass():
    outcomes = Outcomes({3: Row("a fault", "well", ("a", "b")), 4: Row("another", "well", ("a",))})
    outcomes.found.update({"a": {"passed"}, "b": {"failed"}})
    told = "\n".join(report(outcomes, "7", (0.5, 2.0)))
    assert "| 3 | NOT AS EXPECTED | 0 | a fault | well |" in told
    assert "| 4 | as expected |" in told
    assert "Row 3: `b`: failed." in told
    assert "`a`" not in told
