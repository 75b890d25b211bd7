"""Teach-back within a call: one question a medicine, and what is said when something is missing. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from clinic.discharge_plan import DischargePlan, Medicine
from conversations.objectives import Objective, Question, Variable, VariableType
from conversations.protocols import CallProtocol
from conversations.teachback import Comparison, Mark

_MEDICINE = re.compile(r"\b(?:medicines?|medications?|pills?|tablets?|inhalers?|insulin|doses?|injections?)\b")
MANY = 3  # one sentence a part would be a lecture
PARTS: Mapping[str, str] = {
    "drug": "which medicine it is",
    "dose": "how much",
    "times": "when",
    "reason": "what it is for",
}


@dataclass(frozen=True)
class Correction:
    """What a patient said of a medicine, compared with the plan."""

    medicine: Medicine
    comparison: Comparison

    @property
    def is_needed(self) -> bool:
        return not self.comparison.is_right

    @property
    def amiss(self) -> list[str]:
        return [f"{part} {self.comparison.marks[part]}" for part in self.comparison.amiss]

    @property
    def summary(self) -> str:
        return f"not understood: {', '.join(self.amiss)}"

    def to_say(self) -> Iterator[tuple[str, str, str]]:
        """Dialogue act, part, and the plan's line for each thing to come back to; all in one where most is amiss."""
        if len(self.comparison.amiss) >= MANY:
            yield "teach_whole", "", whole(self.medicine)
            return
        for part in self.comparison.amiss:
            act = "teach_missing" if self.comparison.marks[part] is Mark.MISSING else "teach_different"
            yield act, PARTS[part], lines(self.medicine)[part]


def whole(medicine: Medicine) -> str:
    """The plan's line for all of it: "2.5 mg, twice a day, to prevent blood clots"."""
    said = [line for part, line in lines(medicine).items() if part != "drug" and line]
    return ", ".join([*said[:1], *(line[:1].lower() + line[1:] for line in said[1:])])


def lines(medicine: Medicine) -> dict[str, str]:
    """The plan's words for each part."""
    return {"drug": medicine.name, "dose": medicine.dose, "times": medicine.times, "reason": medicine.reason}


def expanded(protocol: CallProtocol, plan: DischargePlan) -> CallProtocol:
    """The protocol with each teach-back variable as one question a medicine of the plan."""
    return replace(protocol, objectives=tuple(filter(None, (_expanded(o, plan) for o in protocol.objectives))))


def _expanded(objective: Objective, plan: DischargePlan) -> Objective:
    variables: list[Variable] = []
    for variable in objective.output_variables:
        if variable.type is not VariableType.TEACH_BACK:
            variables.append(variable)
            continue
        for place, medicine in enumerate(plan.medicines):
            ask = (variable.next_ask if place else "") or variable.ask
            variables.append(replace(variable, name=_name(variable, medicine), ask=ask.format(medicine=medicine.name)))
    return replace(objective, output_variables=tuple(variables))


def is_about_medicine(question: Question, plan: DischargePlan) -> bool:
    """Whether the answer is how, whether or which medicine is taken."""
    variable = question.variable
    asked = f"{variable.ask} {variable.again}".casefold()
    named = any(medicine.name.casefold() in asked for medicine in plan.medicines if medicine.name)
    return variable.type is VariableType.TEACH_BACK or named or bool(_MEDICINE.search(asked))


def medicine_of(question: Question, plan: DischargePlan) -> Medicine:
    """The medicine that a teach-back question is about. Raises `LookupError`."""
    for medicine in plan.medicines:
        if question.variable.name.endswith(f"_{_slug(medicine.name)}"):
            return medicine
    raise LookupError("the plan no longer has this medicine")


def _name(variable: Variable, medicine: Medicine) -> str:
    return f"{variable.name}_{_slug(medicine.name)}"


def _slug(name: str) -> str:
    return re.sub(r"\W+", "_", name.casefold()).strip("_")
