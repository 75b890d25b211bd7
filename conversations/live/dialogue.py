"""What the conversation is about and what comes next: the seam between the call and its mind.

`call.py` drives a `Dialogue`; it neither knows objectives nor documents. A turn is
considered (no effects, may be thrown away) and then committed with what was heard.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from conversations.live.events import Citation, Sentence, Words


class Verdict(StrEnum):
    """What the guard makes of the patient's words; `order` grows with severity."""

    NONE = "none"
    NOTE = "note"
    ASK_BACK = "ask_back"
    QUESTION = "question"
    ESCALATE = "escalate"
    EMERGENCY = "emergency"

    @property
    def order(self) -> int:
        return list(Verdict).index(self)


@dataclass(frozen=True)
class Finding:
    """One symptom or request found in the patient's words."""

    concept: str  # "chest pain"
    rule: str  # "emergency.chest_pain", "plan.not_expected", "request.human"
    verdict: Verdict
    quote: str  # the words it was found in
    plan_excerpt: str = ""  # the plan's line it was compared with


@dataclass(frozen=True)
class Assessment:
    verdict: Verdict
    findings: Sequence[Finding] = ()


@dataclass(frozen=True)
class Effect:
    """Something a committed turn changes; the switchboard writes it. `data` holds plain JSON values.

    kind            data
    answer.recorded     objective, variable, value, type, quote (the patient's words), turn
    objective.completed objective, confirmation_mode, variables, evidence, turn
    question.raised     question, turn – the documents hold no answer
    memory.learned      kind, topic, text, quote, confidence, turn
    human.requested     quote, turn; by: "model" where only a model heard it
    concern.raised      concern, quote, turn – raised by a model
    teach_back.failed   medicine, amiss (each "dose missing", "times different"), quote, turn
    call_back.told      call_back – the patient has heard when they are called back
    call.ended          reason: completed, patient_left, silent
    """

    kind: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Passage:
    """A retrieved passage of an approved document, with where it stands and how well it fits (0 to 1)."""

    text: str
    heading: str
    citation: Citation
    score: float


@dataclass(frozen=True)
class Promised:
    """That a person calls back, to be said once. `colleague` is empty if nobody has taken it; `when` is spoken."""

    call_back: str
    colleague: str
    when: str  # "3:10 PM today"


class Turn(Protocol):
    """One considered reply."""

    def sentences(self) -> AsyncIterator[Sentence]:
        """Each sentence as it passes the gate."""
        ...

    def meanwhile(self) -> Sentence | None:
        """A few vetted words for when it is our turn and the first sentence is not there yet. None: silence."""
        ...


class Dialogue(Protocol):
    def opening(self, *, resumed: bool) -> Turn:
        """Greets and discloses that this is an AI; after a lost connection, picks up where it was."""
        ...

    def hear(self, words: Words) -> Assessment:
        """The guard on the patient's words, partial ones too. Pure, under 5 ms: the caller escalates."""
        ...

    def consider(self, words: Words, assessment: Assessment) -> Turn:
        """A reply. Changes nothing until it is committed."""
        ...

    def commit(self, turn: Turn, heard: str) -> Sequence[Effect]:
        """The turn was spoken, as far as `heard` goes. Returns what it changes."""
        ...

    def still_there(self) -> Turn:
        """After a long silence."""
        ...

    def introduce(self, colleague: str) -> Turn:
        """One sentence that tells the patient who has joined, and them whom they meet, and why."""
        ...

    def take_back(self, colleague: str) -> Turn:
        """The person from the care team has left: go on."""
        ...

    def promise(self, promised: Promised) -> None:
        """Nobody can join now: the next reply says when somebody calls."""
        ...

    def closing(self, reason: str) -> Turn:
        """Says goodbye, repeats that this was an AI and who to call."""
        ...

    def snapshot(self) -> dict[str, Any]:
        """Everything needed to go on in another process, as plain JSON values."""
        ...

    def restore(self, state: dict[str, Any]) -> None: ...
