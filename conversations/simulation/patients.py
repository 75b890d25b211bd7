"""What a simulated patient says: an answer to what was asked, in their persona's way, true to what ails them. Pure.

The patient is known from outside only: it reads what the assistant said, as a person would,
and knows nothing of the assistant's state. What each line tells is kept, so that what
follows from it can be judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from clinic.discharge_plan import DischargePlan, Medicine
from conversations.live.events import Sentence
from conversations.mind import teach
from conversations.mind.sentences import split
from conversations.objectives import Question as Asked
from conversations.objectives import Value, VariableType
from conversations.protocols import CallProtocol
from conversations.simulation.lives import Complaint, Life, Manner, Persona, Question, manners

MOST_ASIDES = 4
AFTER_EMERGENCY = 2  # turns until help has come


@dataclass(frozen=True)
class Line:
    """What the patient says, what it tells, and which question ("objective.variable") it answers with what."""

    text: str
    tells: tuple[Complaint, ...] = ()
    answers: str = ""
    value: Value | None = None
    asks: Question | None = None
    wants_person: bool = False
    hangs_up: bool = False


@dataclass
class Patient:
    """One patient in one call. `told` and `to_tell` are what they have said and have yet to say."""

    life: Life
    persona: Persona
    protocol: CallProtocol
    plan: DischargePlan
    rng: Random
    told: list[Complaint] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._questions = _by_text(teach.expanded(self.protocol, self.plan))
        self._manner: Manner = manners()[self.persona]
        self.to_tell = self._ails()
        self._to_ask = [question for question in self.life.questions if self.rng.random() < 0.6]
        self._asides = self.rng.sample(self._manner.asides, min(MOST_ASIDES, len(self._manner.asides)))
        self._put_off: set[str] = set()
        self._recited: set[str] = set()
        self._reciting: Asked | None = None
        self._turn = 0
        self._since_emergency = 0

    def reply(self, said: Sequence[Sentence]) -> Line:
        """The answer to what the assistant said last."""
        self._turn += 1
        if any(sentence.act == "emergency" for sentence in said):
            return self._in_emergency(said)
        asked = next((sentence.text for sentence in reversed(said) if sentence.act == "ask"), "")
        question = self._questions.get(asked)
        if question:
            return self._to_question(question, asked)
        if "once more" in asked and self._reciting:
            return self._recite(self._reciting)
        if asked.startswith("Did you say "):
            return self._asked_back(asked)
        if "anything else" in asked:
            return self._anything_else()
        return Line(self._plainly("All right") if not asked else self.rng.choice(self._manner.no))

    # -- what ails them ------------------------------------------------------------

    def _ails(self) -> list[Complaint]:
        if self.persona is Persona.WORSENING:
            return list(self.life.worsening)
        found = [self.rng.choice(self.life.milds)] if self.rng.random() < 0.5 else []
        return found + self.rng.sample(self.life.complaints, self.rng.choice((0, 1, 1, 2)))

    def _tell(self, complaint: Complaint) -> str:
        self.to_tell.remove(complaint)
        self.told.append(complaint)
        return complaint.says

    # -- answers ---------------------------------------------------------------------

    def _to_question(self, question: Asked, asked: str) -> Line:
        aside = self._aside(asked)
        if aside and self.persona is Persona.CONFUSED:
            return Line(aside)
        line = self._answer(question)
        if not aside:
            return line
        joined = f"{line.text} {aside}" if self.rng.random() < 0.5 else f"{aside} {line.text}"
        return Line(joined, line.tells, line.answers, line.value, line.asks, "talk to a machine" in aside)

    def _answer(self, question: Asked) -> Line:
        variable, name = question.variable, question.variable.name
        if variable.type is VariableType.TEACH_BACK:
            return self._recite(question)
        complaint = self._due(name, asked_how=variable.type is VariableType.TEXT and name == "feeling")
        if complaint:
            value = self._value_of(complaint, question)
            answered = question.key if name in ("feeling", complaint.when) else ""
            return Line(self._plainly(self._tell(complaint)), (complaint,), answered, value)
        truth = self.life.answers.get(name, False)
        match variable.type:
            case VariableType.YES_NO:
                return Line(self.rng.choice(self._manner.yes if truth else self._manner.no), (), question.key, truth)  # type: ignore[arg-type]
            case VariableType.NUMBER:
                return Line(self.rng.choice(self._manner.number).format(n=f"{truth:g}"), (), question.key, float(truth))  # type: ignore[arg-type]
        text = self.rng.choice(truth) if isinstance(truth, list) else "I don't know"
        return Line(self._plainly(text), (), question.key)

    def _due(self, name: str, *, asked_how: bool) -> Complaint | None:
        """What comes up at this question: what it asks for, or, when asked how they are, what is wrong."""
        if self.persona is Persona.WORSENING:
            due_at = (1, 5, 9)[3 - len(self.to_tell)] if self.to_tell else 0
            return self.to_tell[0] if self.to_tell and self._turn >= due_at else None
        return next((c for c in self.to_tell if c.when == name or (asked_how and not c.when)), None)

    def _value_of(self, complaint: Complaint, question: Asked) -> Value | None:
        """What a complaint says to a yes or no question; None where it says nothing certain."""
        if complaint.when != question.variable.name or question.variable.type is not VariableType.YES_NO:
            return None
        return question.variable.name != "eating"

    def _recite(self, question: Asked) -> Line:
        medicine = teach.medicine_of(question, self.plan)
        first = question.key not in self._recited
        self._recited.add(question.key)
        self._reciting = question
        if self.persona is Persona.CONFUSED and (first or self.rng.random() < 0.5):
            return Line(self._plainly("The little one, in the morning"), (), question.key)
        if self.persona is Persona.TERSE and first:
            return Line(f"{medicine.dose}, {medicine.times}.", (), question.key)
        return Line(self._plainly(_told(medicine)), (), question.key)

    def _anything_else(self) -> Line:
        if self._to_ask:
            question = self._to_ask.pop()
            return Line(question.asks, asks=question)
        if self.to_tell and self.persona is not Persona.WORSENING:
            complaint = self.to_tell[0]
            return Line(self._plainly(self._tell(complaint)), (complaint,))
        return Line(self.rng.choice(("No.", "No, that's all.", "No, nothing else, thank you.")))

    def _asked_back(self, asked: str) -> Line:
        """Yes, if they did say that."""
        concept = asked.removeprefix("Did you say ").rstrip("?")
        said = any(concept in (complaint.concept, complaint.says) for complaint in self.told)
        return Line("Yes, that's what I said." if said else "No, I didn't say that.")

    def _in_emergency(self, said: Sequence[Sentence]) -> Line:
        self._since_emergency += 1
        if self._since_emergency > AFTER_EMERGENCY:
            return Line("They're at the door now.", hangs_up=True)
        if any(sentence.act == "ask" for sentence in said):
            return Line(self.rng.choice(("Yes, my neighbor is calling them.", "No, not yet.")))
        return Line("Okay.")

    # -- their way of saying it -----------------------------------------------------------

    def _plainly(self, text: str) -> str:
        return self.rng.choice(self._manner.plain).format(text=text)

    def _aside(self, asked: str) -> str:
        """Now and then, and at most once a question."""
        if not self._asides or asked in self._put_off or self.rng.random() > 0.35:
            return ""
        self._put_off.add(asked)
        return self._asides.pop()


def _told(medicine: Medicine) -> str:
    joined = ", " if medicine.reason.casefold().startswith("to ") else ", for "
    reason = f"{joined}{medicine.reason}" if medicine.reason else ""
    return f"I take {medicine.dose} {medicine.times}{reason}".replace("  ", " ")


def _by_text(protocol: CallProtocol) -> dict[str, Asked]:
    """What is heard last of each question → the question."""
    found: dict[str, Asked] = {}
    for objective in protocol.objectives:
        for variable in objective.output_variables:
            for text in filter(None, (variable.ask, variable.again)):
                found[split(text)[-1]] = Asked(objective, variable)
    return found
