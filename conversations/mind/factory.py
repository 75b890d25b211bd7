"""Makes the mind of a call from what the switchboard hands in."""

from collections.abc import Sequence

from clinic.discharge_plan import DischargePlan
from conversations.live.dialogue import Dialogue
from conversations.mind.embedded import EmbeddedDialogue, Recall
from conversations.mind.gate import Gate, VerbatimGate
from conversations.protocols import CallProtocol


def build(
    *,
    protocol: CallProtocol,
    plan: DischargePlan,
    patient_called: str,
    clinic_name: str,
    recall: Recall,
    day: int | None = None,
    memory: Sequence[str] = (),
    gate: Gate | None = None,
) -> Dialogue:
    """The dialogue of one call; `restore` a snapshot into it if the call goes on in a new process."""
    return EmbeddedDialogue(
        protocol=protocol,
        plan=plan,
        patient_called=patient_called,
        day=day,
        memory=memory,
        recall=recall,
        gate=gate or VerbatimGate(),
        clinic_name=clinic_name,
    )
