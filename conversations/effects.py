"""What a committed turn changes, written down: one function for each kind of effect.

`conversations.live.dialogue.Effect` lists the kinds. Called by the switchboard, on
its writer's thread, in the order the turns were heard.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from clinic import call_backs, escalations
from clinic.discharge_plan import Severity
from conversations import progress
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


def _answer_recorded(held: Claim, data: dict[str, Any]) -> None:
    progress.record_answer(
        held.session_id,
        objective=data["objective"],
        variable=data["variable"],
        value=data["value"],
        kind=data["type"],
        quote=data["quote"],
        turn=int(data["turn"]),
    )


def _objective_completed(held: Claim, data: dict[str, Any]) -> None:
    mode = data["confirmation_mode"]
    progress.complete_objective(held.session_id, objective=data["objective"], confirmation_mode=mode)


def _memory_learned(held: Claim, data: dict[str, Any]) -> None:
    progress.learn(
        held.patient_id,
        session_id=held.session_id,
        turn=int(data["turn"]),
        kind=data["kind"],
        topic=data["topic"],
        text=data["text"],
        quote=data["quote"],
        confidence=float(data["confidence"]),
    )


def _concern_raised(held: Claim, data: dict[str, Any]) -> None:
    """A model may raise concern. What the rules raised is written elsewhere, before anything is said."""
    _escalate_for_model(held, data, "model.concern")


def _human_requested(held: Claim, data: dict[str, Any]) -> None:
    if data.get("by") == "model":  # the guard has raised what it heard itself
        _escalate_for_model(held, data, "request.human")


def _escalate_for_model(held: Claim, data: dict[str, Any], rule: str) -> None:
    escalations.escalate(
        patient_id=held.patient_id,
        session_id=held.session_id,
        turn=int(data["turn"]),
        rule=rule,
        severity=Severity.URGENT,
        quote=str(data["quote"]),
    )


def _teach_back_failed(held: Claim, data: dict[str, Any]) -> None:
    """Twice is enough: a clinician goes through the medicine with the patient."""
    escalations.escalate(
        patient_id=held.patient_id,
        session_id=held.session_id,
        turn=int(data["turn"]),
        rule="teach_back.not_understood",
        severity=Severity.QUESTION,
        quote=str(data["quote"]),
        plan_excerpt=f"{data['medicine']}: {', '.join(data['amiss'])}",
    )


def _call_back_told(held: Claim, data: dict[str, Any]) -> None:
    call_backs.note_told(UUID(data["call_back"]))


_WRITERS: dict[str, Write] = {
    "question.raised": _question_raised,
    "answer.recorded": _answer_recorded,
    "objective.completed": _objective_completed,
    "memory.learned": _memory_learned,
    "teach_back.failed": _teach_back_failed,
    "concern.raised": _concern_raised,
    "call_back.told": _call_back_told,
    "human.requested": _human_requested,
}
