"""A symptom against this patient's plan. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clinic.discharge_plan import DischargePlan, ExpectedSymptom, RedFlag, Severity
from conversations.guardrails import mentions
from conversations.guardrails.degree import Degree
from conversations.guardrails.reading import Mention

_GENERAL = frozenset({"pain", "swelling", "bleeding", "numbness", "weakness", "redness", "itching", "bruising"})
_QUALIFIED = re.compile(
    r"\b(?:more|worse|worsening|new|sudden\w*|severe|a lot|all the time|constant\w*|does(?: not|n't)|do(?: not|n't)|"
    r"will not|won't|longer|increas\w+|spread\w+|higher|very)\b",
    re.IGNORECASE,
)
_UNPLACED_REGIONS = frozenset({"", "incision"})


@dataclass(frozen=True)
class Compared:
    """The rule that applies and the line of the plan that says so."""

    rule: str
    excerpt: str = ""


@dataclass(frozen=True)
class _Line:
    concepts: frozenset[str]
    sensations: frozenset[str]
    qualified: bool = False  # "pain that gets worse": only that much of it


class PlanReading:
    """A plan whose lines have been read with the same lexicon as the patient's words."""

    def __init__(self, plan: DischargePlan, day: int | None) -> None:
        self._day = day
        self._expected = [(symptom, _read(symptom.name)) for symptom in plan.expected_symptoms]
        self._red_flags = [(flag, _read(flag.name)) for flag in plan.red_flags]

    def compare(self, mention: Mention, degree: Degree) -> Compared:
        """What the plan makes of a symptom that is there and that is no emergency by itself."""
        for flag, line in self._red_flags:
            if _names(line, mention) and not (line.qualified and self._is_as_expected(mention, degree)):
                return _flagged(flag)
        for symptom, line in self._expected:
            if _speaks_of(line, mention):
                return self._as_expected(symptom, degree)
        return Compared("plan.not_expected")

    def expects(self, mention: Mention) -> ExpectedSymptom | None:
        return next((symptom for symptom, line in self._expected if _speaks_of(line, mention)), None)

    def _is_as_expected(self, mention: Mention, degree: Degree) -> bool:
        """Expected, and told as no more than that: "hip pain that gets worse" is not "my hip is a bit sore"."""
        symptom = self.expects(mention)
        stands_out = degree.worse or degree.sudden or degree.new
        return symptom is not None and not stands_out and not degree.exceeds(symptom.at_most)

    def _as_expected(self, symptom: ExpectedSymptom, degree: Degree) -> Compared:
        excerpt = _excerpt(symptom)
        if degree.exceeds(symptom.at_most):
            return Compared("plan.worse_than_expected", excerpt)
        if degree.worse:
            return Compared("plan.getting_worse", excerpt)
        if symptom.until_day is not None and self._day is not None and self._day > symptom.until_day:
            return Compared("plan.longer_than_expected", excerpt)
        return Compared("plan.expected", excerpt)


def _read(line: str) -> _Line:
    found = mentions.read(line).mentions
    exact = [mention for mention in found if mention.region or mention.concept not in _GENERAL]
    covered = {name for mention in exact if not mention.region for name in mention.general if " " in name}
    return _Line(
        frozenset({*(mention.concept for mention in exact or found), *covered}) or frozenset({line.casefold()}),
        frozenset(mention.concept for mention in found if mention.concept in _GENERAL),
        bool(_QUALIFIED.search(line)),
    )


def _names(line: _Line, mention: Mention) -> bool:
    """Whether the line speaks of just this. The plan says "pain", the patient "my incision hurts": the same."""
    if line.concepts.intersection((mention.concept, *mention.general)):
        return True
    return mention.sensation in line.sensations and mention.region in _UNPLACED_REGIONS


def _speaks_of(line: _Line, mention: Mention) -> bool:
    """A vaguer word will do for what is expected. For a warning sign it will not: "some pain" is no chest pain."""
    if _names(line, mention):
        return True
    named: Sequence[str] = [concept for concept in line.concepts if concept.endswith(f" {mention.concept}")]
    return mention.concept in _GENERAL and bool(named)  # the plan says "incision pain", the patient "some pain"


def _flagged(flag: RedFlag) -> Compared:
    excerpt = f"Warning sign: {flag.name}" + (f" – {flag.action}" if flag.action else "")
    emergency = flag.severity is Severity.EMERGENCY
    return Compared("plan.red_flag_emergency" if emergency else "plan.red_flag", excerpt)


def _excerpt(symptom: ExpectedSymptom) -> str:
    until = f", until day {symptom.until_day}" if symptom.until_day is not None else ""
    return f"Expected: {symptom.name}, at most {symptom.at_most}{until}"
