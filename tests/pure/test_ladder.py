"""When to page whom: a table of times and rungs."""

import datetime

import pytest

from clinic import ladder, oncall
from clinic.discharge_plan import Severity
from clinic.ladder import Whom

BEGIN = datetime.datetime(2026, 11, 22, 3, 0, tzinfo=datetime.UTC)


def at(minutes: float) -> datetime.datetime:
    return BEGIN + datetime.timedelta(minutes=minutes)


@pytest.mark.parametrize("severity", [Severity.EMERGENCY, Severity.URGENT])
@pytest.mark.parametrize(
    ("index", "minutes", "whom"),
    [
        (0, 0, Whom.FIRST),
        (1, 2, Whom.FIRST),
        (2, 5, Whom.SECOND),
        (3, 15, Whom.EVERYONE),
        (4, 60, Whom.INCIDENT),
        (5, 75, Whom.INCIDENT),
        (8, 120, Whom.INCIDENT),
    ],
)
def test_an_emergency_climbs_in_minutes(severity, index, minutes, whom):
    assert ladder.due_at(severity, BEGIN, index) == at(minutes)
    assert ladder.rung(severity, index).whom == whom


def test_a_question_climbs_in_hours():
    due = [ladder.due_at(Severity.QUESTION, BEGIN, index) for index in range(5)]
    assert due == [at(60 * hours) for hours in (0, 4, 12, 24, 48)]


@pytest.mark.parametrize(
    ("minutes", "index", "highest"), [(0, 0, 0), (1.9, 0, 0), (2, 0, 1), (20, 0, 3), (20, 2, 3), (61, 1, 4), (80, 4, 5)]
)
def test_whoever_was_late_goes_to_the_highest_rung_due(minutes, index, highest):
    assert ladder.reached(Severity.URGENT, BEGIN, at(minutes), index) == highest


@pytest.mark.parametrize(
    ("shifts", "gaps"),
    [
        ([], [(0, 60)]),
        ([(0, 60)], []),
        ([(10, 20), (15, 40)], [(0, 10), (40, 60)]),
        ([(30, 90), (-10, 5)], [(5, 30)]),
        ([(70, 90)], [(0, 60)]),
    ],
)
def test_gaps_of_a_rota(shifts, gaps):
    found = oncall.gaps([(at(a), at(b)) for a, b in shifts], at(0), at(60))
    assert found == [(at(a), at(b)) for a, b in gaps]
