"""The discharge plan as data: what the guardrails compare a patient's words with.

Pure: no Django. `clinic.plans` stores and loads it, `knowledge` proposes it from a
document, `conversations` reads it.
"""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How urgent an escalation is. `order` grows with urgency."""

    QUESTION = "question"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @property
    def order(self) -> int:
        return list(Severity).index(self)


@dataclass(frozen=True)
class Source:
    """Where an item stands in its document: version id, page from 1, character span in the page's text."""

    document_id: str
    page: int
    start: int
    end: int


@dataclass(frozen=True)
class Medicine:
    name: str
    dose: str = ""
    route: str = ""
    times: str = ""
    reason: str = ""
    source: Source | None = None


@dataclass(frozen=True)
class ExpectedSymptom:
    """A symptom the plan calls normal. `at_most` is the worst degree that is still normal: mild, moderate or severe."""

    name: str
    at_most: str = "moderate"
    until_day: int | None = None
    source: Source | None = None


@dataclass(frozen=True)
class RedFlag:
    name: str
    action: str = ""
    severity: Severity = Severity.URGENT
    source: Source | None = None


@dataclass(frozen=True)
class Instruction:
    """`kind` is activity, diet, wound_care, appointment, contact or other."""

    kind: str
    text: str
    source: Source | None = None


@dataclass(frozen=True)
class DischargePlan:
    medicines: tuple[Medicine, ...] = ()
    expected_symptoms: tuple[ExpectedSymptom, ...] = ()
    red_flags: tuple[RedFlag, ...] = ()
    instructions: tuple[Instruction, ...] = field(default=())


EMPTY = DischargePlan()


def to_json(plan: DischargePlan) -> dict[str, Any]:
    return asdict(plan)


def from_json(data: dict[str, Any]) -> DischargePlan:
    """Raises `KeyError`, `TypeError` or `ValueError` on data that is not a plan."""

    def source(item: dict[str, Any]) -> dict[str, Any]:
        place = item.get("source")
        return {**item, "source": Source(**place) if place else None}

    return DischargePlan(
        medicines=tuple(Medicine(**source(item)) for item in data.get("medicines", ())),
        expected_symptoms=tuple(ExpectedSymptom(**source(item)) for item in data.get("expected_symptoms", ())),
        red_flags=tuple(
            RedFlag(**{**source(item), "severity": Severity(item.get("severity", "urgent"))})
            for item in data.get("red_flags", ())
        ),
        instructions=tuple(Instruction(**source(item)) for item in data.get("instructions", ())),
    )
