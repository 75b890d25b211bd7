"""What a call wants to find out, and how far it has come. Pure: no Django, no clock.

An objective has the fields that conversational video platforms share (name, prompt,
confirmation mode, output variables, modality, successors, callback); each output
variable adds the question that fills it, so that a call can be led without a model.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from conversations.conditions import holds
from conversations.live.events import Expecting

Value = str | float | bool


class VariableType(StrEnum):
    YES_NO = "yes_no"
    NUMBER = "number"
    CHOICE = "choice"
    TEXT = "text"
    TEACH_BACK = "teach_back"


_EXPECTING = {
    VariableType.YES_NO: Expecting.YES_NO,
    VariableType.NUMBER: Expecting.SHORT,
    VariableType.CHOICE: Expecting.SHORT,
    VariableType.TEXT: Expecting.OPEN,
    VariableType.TEACH_BACK: Expecting.OPEN,
}


@dataclass(frozen=True)
class Variable:
    """One typed answer. `about` names the symptom a bare "no" denies; `only_if` is a condition on earlier answers.

    `supposing` marks a question about what might happen ("which signs would make you call?"): what is named in
    answer to it is not there. `next_ask` asks the same of the next medicine.

    `remember` is the kind of memory the answer becomes ("answer": it needn't be asked again next time); `fact` says
    what is remembered, with {value} in it.
    """

    name: str
    type: VariableType
    ask: str
    again: str = ""
    next_ask: str = ""
    supposing: bool = False
    about: str = ""
    options: tuple[str, ...] = ()
    minimum: float = 0
    maximum: float = 10
    only_if: str = ""
    remember: str = ""
    fact: str = ""

    @property
    def expecting(self) -> Expecting:
        return _EXPECTING[self.type]


@dataclass(frozen=True)
class Objective:
    """`confirmation_mode` is auto or manual (a clinician confirms); `modality` verbal or visual.

    `callback` is the address of one of the clinic's webhook endpoints, told of this objective
    whether or not it wants `objective.completed` of all.
    """

    objective_name: str
    objective_prompt: str
    output_variables: tuple[Variable, ...]
    confirmation_mode: str = "auto"
    modality: str = "verbal"
    next_required_objectives: tuple[str, ...] = ()
    next_conditional_objectives: Mapping[str, str] = field(default_factory=dict)
    callback: str = ""


@dataclass(frozen=True)
class Answer:
    """A value, the patient's words it was read from, and the turn they were said in."""

    value: Value
    evidence: str
    turn: int


@dataclass(frozen=True)
class Question:
    objective: Objective
    variable: Variable

    @property
    def key(self) -> str:
        return f"{self.objective.objective_name}.{self.variable.name}"


@dataclass(frozen=True)
class Progress:
    """Keyed by "objective.variable". Survives the process: `to_json` and `from_json`."""

    answers: Mapping[str, Answer] = field(default_factory=dict)
    asked: Mapping[str, int] = field(default_factory=dict)
    left_open: tuple[str, ...] = ()  # asked, not understood, and not asked a third time
    completed: tuple[str, ...] = ()

    def values(self) -> dict[str, Value]:
        """Variable name → value, for conditions."""
        return {key.split(".", 1)[1]: answer.value for key, answer in self.answers.items()}

    def settled(self, key: str) -> bool:
        return key in self.answers or key in self.left_open

    def with_answer(self, key: str, answer: Answer) -> "Progress":
        return replace(self, answers={**self.answers, key: answer})

    def with_asked(self, key: str) -> "Progress":
        return replace(self, asked={**self.asked, key: self.asked.get(key, 0) + 1})

    def with_left_open(self, key: str) -> "Progress":
        return replace(self, left_open=(*self.left_open, key))

    def with_completed(self, name: str) -> "Progress":
        return replace(self, completed=(*self.completed, name))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Progress":
        answers = {key: Answer(**answer) for key, answer in data["answers"].items()}
        return Progress(answers, dict(data["asked"]), tuple(data["left_open"]), tuple(data["completed"]))


def questions(objective: Objective, progress: Progress) -> Iterator[Question]:
    """The objective's questions that apply, given what was answered."""
    values = progress.values()
    for variable in objective.output_variables:
        if not variable.only_if or holds(variable.only_if, values):
            yield Question(objective, variable)


def is_complete(objective: Objective, progress: Progress) -> bool:
    return all(progress.settled(question.key) for question in questions(objective, progress))


def reachable(objectives: Sequence[Objective], progress: Progress) -> list[Objective]:
    """Objectives in the order they are to be worked through, as far as the answers say by now."""
    by_name = {objective.objective_name: objective for objective in objectives}
    led_to = {name for o in objectives for name in (*o.next_required_objectives, *o.next_conditional_objectives)}
    waiting = [o for o in objectives if o.objective_name not in led_to]
    order: list[Objective] = []
    while waiting:
        objective = waiting.pop(0)
        if objective in order:
            continue
        order.append(objective)
        waiting[:0] = [by_name[name] for name in _successors(objective, progress)]
    return order


def _successors(objective: Objective, progress: Progress) -> list[str]:
    if not is_complete(objective, progress):
        return list(objective.next_required_objectives)
    values = progress.values()
    conditional = [
        name for name, condition in objective.next_conditional_objectives.items() if holds(condition, values)
    ]
    return [*conditional, *objective.next_required_objectives]


def next_question(objectives: Sequence[Objective], progress: Progress) -> Question | None:
    for objective in reachable(objectives, progress):
        for question in questions(objective, progress):
            if not progress.settled(question.key):
                return question
    return None


def newly_complete(objectives: Sequence[Objective], progress: Progress) -> list[Objective]:
    return [
        objective
        for objective in reachable(objectives, progress)
        if objective.output_variables  # a teach-back of no medicines is nothing reached
        and objective.objective_name not in progress.completed
        and is_complete(objective, progress)
    ]


def find(objectives: Sequence[Objective], key: str) -> Question | None:
    """The question of an "objective.variable" key, or None if the protocol no longer has it."""
    name, _, variable_name = key.partition(".")
    for objective in objectives:
        for variable in objective.output_variables:
            if objective.objective_name == name and variable.name == variable_name:
                return Question(objective, variable)
    return None
