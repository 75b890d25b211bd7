"""What a committed turn changes, written down: one function for each kind of effect.

`conversations.live.dialogue.Effect` lists the kinds. Called by the switchboard, on
its writer's thread, in the order the turns were heard.
"""

from collections.abc import Callable
from typing import Any

from clinic import escalations
from clinic.discharge_plan import Severity
from conversations.live.dialogue import Effect
from conversations.sessions import Claim

Write = Callable[[Claim, dict[str, Any]], object]


def apply_effect(held: Claim, effect: Effect) -> None:
    """Kinds nobody writes down (`call.ended`) change nothing here."""
    write = _WRITERS.get(effect.kind)
    if write:
        write(held, effect.data)


def _question_raised(held: Claim, data: dict[str, Any]) -> None:
    escalations.escalate(
        patient_id=held.patient_id,
        session_id=held.session_id,
        turn=int(data.get("turn", 0)),
        rule="question.not_in_documents",
        severity=Severity.QUESTION,
        quote=str(data.get("question", "")),
    )


_WRITERS: dict[str, Write] = {
    "question.raised": _question_raised,
}
