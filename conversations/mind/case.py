"""What one call is about: everything a dialogue is given."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from clinic.discharge_plan import DischargePlan
from conversations.guardrails.likeness import Embed
from conversations.live.dialogue import Passage
from conversations.memory import Fact
from conversations.mind.gate import Gate
from conversations.protocols import CallProtocol

Recall = Callable[[str], Awaitable[Sequence[Passage]]]


@dataclass(frozen=True)
class Case:
    """`day` counts from discharge; `memory` holds what earlier calls learned; `recall` searches the documents;
    `noticed` is what stands out in how the patient looks and sounds, empty where nothing does; `hesitated` whether an
    answer in these words came hesitantly; `embed` turns sentences into vectors, for words that the guard's lexicon does
    not know."""

    protocol: CallProtocol
    plan: DischargePlan
    patient_called: str
    clinic_name: str
    recall: Recall
    gate: Gate
    day: int | None = None
    memory: Sequence[Fact] = ()
    noticed: Callable[[], str] = lambda: ""
    hesitated: Callable[[str], bool] = lambda words: False
    embed: Embed | None = None
