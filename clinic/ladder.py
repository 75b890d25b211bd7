"""When to page whom, for as long as nobody has an escalation. Pure: time is an argument.

Emergencies and urgent ones: again at 2 minutes, the next tier at 5, everyone at 15, an
incident at 60 (docs/decisions/0062). A question does not wake anybody: it is repeated in
hours. After the last rung, paging repeats until a named person has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from clinic.discharge_plan import Severity


class Whom(StrEnum):
    FIRST = "first"  # who is on call
    SECOND = "second"  # who is on call, and who is behind them
    EVERYONE = "everyone"  # the care team
    INCIDENT = "incident"  # the care team and the administrators


@dataclass(frozen=True)
class Rung:
    after: timedelta
    whom: Whom


def _minutes(*rungs: tuple[int, Whom]) -> Sequence[Rung]:
    return tuple(Rung(timedelta(minutes=after), whom) for after, whom in rungs)


_AT_ONCE = _minutes((0, Whom.FIRST), (2, Whom.FIRST), (5, Whom.SECOND), (15, Whom.EVERYONE), (60, Whom.INCIDENT))
_IN_HOURS = _minutes((0, Whom.FIRST), (240, Whom.FIRST), (720, Whom.EVERYONE), (1440, Whom.INCIDENT))
LADDERS = {Severity.EMERGENCY: _AT_ONCE, Severity.URGENT: _AT_ONCE, Severity.QUESTION: _IN_HOURS}
REPEAT = {
    Severity.EMERGENCY: timedelta(minutes=15),
    Severity.URGENT: timedelta(minutes=15),
    Severity.QUESTION: timedelta(hours=24),
}


def rung(severity: Severity, index: int) -> Rung:
    """The rung of this index; past the top, the top one again, later each time."""
    rungs = LADDERS[severity]
    if index < len(rungs):
        return rungs[index]
    top = rungs[-1]
    return Rung(top.after + (index - len(rungs) + 1) * REPEAT[severity], top.whom)


def reached(severity: Severity, since: datetime, now: datetime, index: int) -> int:
    """The highest rung due by `now`, beginning at `index`, which is due: whoever was late pages once, and widely."""
    while since + rung(severity, index + 1).after <= now:
        index += 1
    return index


def due_at(severity: Severity, since: datetime, index: int) -> datetime:
    return since + rung(severity, index).after


def overdue_at(severity: Severity, since: datetime) -> datetime:
    """When an open escalation becomes an incident, also if somebody has it."""
    return since + LADDERS[severity][-1].after
