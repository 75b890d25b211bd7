"""A call without sound: says the patient's lines to a dialogue and collects what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from clinic.discharge_plan import DischargePlan, ExpectedSymptom
from conversations import protocols
from conversations.live.dialogue import Assessment, Dialogue, Effect, Passage, Turn
from conversations.live.events import Citation, Sentence, Words
from conversations.mind.factory import build

PAGE = Citation("6f1f9c1e-0000-4000-8000-000000000001", "Discharge papers", 1, 2, 0, 0)
PASSAGES = (
    Passage("You may shower after 48 hours. Do not take a bath for two weeks.", "Bathing", PAGE, 0.8),
    Passage("Do not drive while you take oxycodone. Walk a little every day.", "Activity", PAGE, 0.7),
)
MARIAS_PLAN = DischargePlan(expected_symptoms=(ExpectedSymptom("incision pain", "moderate"),))


async def recall(_question: str) -> Sequence[Passage]:
    return PASSAGES


@dataclass
class Talk:
    """One call in text. `effects` gathers what the switchboard would write."""

    dialogue: Dialogue
    effects: list[Effect] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)

    async def open(self, *, resumed: bool = False) -> list[Sentence]:
        return await self.finish(self.dialogue.opening(resumed=resumed))

    async def say(self, text: str, *, confidence: float = 1.0) -> list[Sentence]:
        words = Words(0.0, text, True, confidence)
        assessment = self.dialogue.hear(words)
        self.assessments.append(assessment)
        return await self.finish(self.dialogue.consider(words, assessment))

    async def finish(self, turn: Turn, heard: str | None = None) -> list[Sentence]:
        said = [sentence async for sentence in turn.sentences()]
        played = " ".join(sentence.text for sentence in said) if heard is None else heard
        self.effects += self.dialogue.commit(turn, played)
        return said


def talk(protocol: str = "after_surgery", plan: DischargePlan = MARIAS_PLAN, **others: object) -> Talk:
    settings = {"patient_called": "Maria", "clinic_name": "Riverside Clinic", "recall": recall, **others}
    return Talk(build(protocol=protocols.load(protocol), plan=plan, **settings))  # type: ignore[arg-type]


def spoken(sentences: Sequence[Sentence]) -> str:
    return " ".join(sentence.text for sentence in sentences)
