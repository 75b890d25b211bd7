"""What else the papers ask for, by kind: activity, diet, wound care, appointments, contacts. Pure."""

import re
from collections.abc import Collection, Sequence

from clinic.discharge_plan import Instruction, Source
from knowledge.extraction.pages import BlockKind
from knowledge.facts import facts
from knowledge.understanding.lines import Line, Section

_KINDS = {
    Section.ACTIVITY: "activity",
    Section.DIET: "diet",
    Section.WOUND: "wound_care",
    Section.APPOINTMENT: "appointment",
    Section.CONTACT: "contact",
}
_APPOINTMENT = re.compile(
    r"\b(?:appointment|see (?:dr|doctor|your|the)\b.*\b(?:in|on|at|after|weeks?|days?)|follow[- ]?up|visit)\b",
    re.IGNORECASE,
)
_ABOUT = (
    (
        "wound_care",
        re.compile(r"\b(?:wound|incision|bandage|dressing|stitches|staples|shower|bath|tape)\b", re.IGNORECASE),
    ),
    ("diet", re.compile(r"\b(?:eat|drink|food|diet|salt|fluid|alcohol|meals?)\b", re.IGNORECASE)),
    (
        "activity",
        re.compile(r"\b(?:walk|lift|drive|exercise|rest|sleep|stairs|bend|work|swim|sex|fly)\b", re.IGNORECASE),
    ),
)
_BOILERPLATE = re.compile(
    r"\b(?:made up|made-up|page \d+ of|copyright|confidential|printed on|date of birth|mrn)\b"
    r"|^(?:patient|name|surgeon|doctor|physician|date|reason for|diagnosis|admitted|discharged|ward|"
    r"unit)\b[^.:]{0,30}:",
    re.IGNORECASE,
)


def find(lines: Sequence[Line], taken: Collection[Source]) -> tuple[Instruction, ...]:
    """Blocks that tell something and gave no medicine, symptom or warning sign."""
    found: list[Instruction] = []
    for line in lines:
        table_of_medicines = line.kind is BlockKind.ROW and line.section is Section.MEDICINES
        if (
            line.section in (Section.EXPECTED, Section.RECORD)
            or table_of_medicines
            or line.text == " | ".join(line.header)
        ):
            continue
        left = [(text, source) for text, source in line.sentences() if source not in taken]
        if not left or (not line.heading and line.section is Section.OTHER and line.kind is BlockKind.ROW):
            continue
        text = " ".join(text for text, _ in left)
        if _says_something(text):
            found.append(
                Instruction(
                    _kind(line, text), text, line.source(left[0][1].start - line.start, left[-1][1].end - line.start)
                )
            )
    return tuple(found)


def _says_something(text: str) -> bool:
    return len(text.split()) >= 3 and not _BOILERPLATE.search(text)


def _kind(line: Line, text: str) -> str:
    if line.section in _KINDS:
        return _KINDS[line.section]
    if _APPOINTMENT.search(text):
        return "appointment"
    if facts(text).codes:
        return "contact"
    return next((kind for kind, pattern in _ABOUT if pattern.search(text)), "other")
