"""Makes the mind of a call from what the switchboard hands in."""

from collections.abc import Callable, Sequence

from clinic.discharge_plan import EMPTY, DischargePlan
from conversations.guardrails import likeness
from conversations.guardrails.guard import Guard
from conversations.live.dialogue import Dialogue
from conversations.live.events import Words
from conversations.memory import Fact
from conversations.mind import prompt
from conversations.mind.case import Case, Recall
from conversations.mind.embedded import EmbeddedDialogue
from conversations.mind.gate import Gate, GroundingGate
from conversations.mind.model import CAPS, Caps, Model
from conversations.mind.modelled import ModelledDialogue
from conversations.protocols import CallProtocol


def warm() -> None:
    """Load lexicon and context rules before a call is known: a second and 70 MB that calls then share."""
    Guard(EMPTY).assess(Words(0.0, "no chest pain but a bit dizzy since yesterday", True))
    likeness.learnt()


def build(
    *,
    protocol: CallProtocol,
    plan: DischargePlan,
    patient_called: str,
    clinic_name: str,
    recall: Recall,
    day: int | None = None,
    memory: Sequence[Fact] = (),
    gate: Gate | None = None,
    model: Model | None = None,
    caps: Caps = CAPS,
    prompt_version: str = prompt.VERSION,
    noticed: Callable[[], str] = lambda: "",
    hesitated: Callable[[str], bool] = lambda words: False,
    embed: likeness.Embed | None = None,
) -> Dialogue:
    """The dialogue of one call; `restore` a snapshot into it if the call goes on in a new process.

    With a `model`, which the caller has made sure may see the patient's data, its words go through the same gate.
    """
    case = Case(
        protocol=protocol,
        plan=plan,
        patient_called=patient_called,
        clinic_name=clinic_name,
        recall=recall,
        gate=gate or GroundingGate(),
        day=day,
        memory=memory,
        noticed=noticed,
        hesitated=hesitated,
        embed=embed,
    )
    if model is None:
        return EmbeddedDialogue(case)
    return ModelledDialogue(case, model=model, caps=caps, prompt_version=prompt_version)
