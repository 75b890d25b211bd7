"""The events that leave the clinic: what they are called, and what little they carry. Pure.

Payloads are thin: ids and codes. Whoever receives one fetches the rest over the API,
with a token that says what they may see.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MAX_BYTES = 20_000


@dataclass(frozen=True)
class Event:
    """`carries` names the fields of `data` besides `id`."""

    what: str
    carries: tuple[str, ...] = ()


EVENTS: Mapping[str, Event] = {
    "conversation.started": Event("A patient began a call.", ("patient_id",)),
    "conversation.joined": Event("The patient and the assistant are connected.", ("patient_id",)),
    "conversation.left": Event("The patient left, or the connection was lost for good.", ("patient_id", "reason")),
    "conversation.completed": Event("The call came to its end.", ("patient_id", "reason")),
    "conversation.failed": Event("The call broke on our side.", ("patient_id", "reason")),
    "transcript.ready": Event("The transcript of a call can be fetched.", ("patient_id",)),
    "objective.completed": Event(
        "An objective of the call was reached; where a clinician confirms it, once they have.",
        ("patient_id", "objective", "callback"),
    ),
    "guardrail.triggered": Event("A rule found something in the patient's words.", ("rule", "severity")),
    "escalation.raised": Event("An escalation waits for a clinician.", ("rule", "severity")),
    "escalation.acknowledged": Event("A named clinician has it.", ("rule", "severity")),
    "escalation.resolved": Event("A named clinician closed it.", ("rule", "severity")),
    "escalation.overdue": Event("It was open for too long: an incident.", ("rule", "severity")),
    "call_back.promised": Event("A patient was promised a call by a person.", ("escalation_id",)),
    "call_back.done": Event("A named clinician talked with the patient.", ("escalation_id",)),
    "call_back.unanswered": Event("A clinician called; the patient did not answer.", ("escalation_id",)),
    "call_back.missed": Event("Nobody called in time: an escalation.", ("escalation_id",)),
    "call_back.dropped": Event("It was no longer needed.", ("escalation_id",)),
    "consent.granted": Event("A patient agreed to a purpose.", ("patient_id", "purpose")),
    "consent.withdrawn": Event("A patient withdrew a purpose.", ("patient_id", "purpose")),
    "document.approved": Event("A discharge document was approved.", ("patient_id", "version")),
    "release.rolled_back": Event("A release was taken back.", ("reason",)),
    "webhook.test": Event("Somebody pressed the test button."),
}

_LEFT = {"patient_left", "connection_lost"}
_FAILED = {"failed"}


def of_audit_action(code: str, detail: Mapping[str, Any]) -> tuple[str, ...]:
    """The events that an audited action is, for those who listen outside."""
    if code == "session.ended":
        reason = str(detail.get("reason", ""))
        kind = "failed" if reason in _FAILED else "left" if reason in _LEFT else "completed"
        return (f"conversation.{kind}", "transcript.ready")
    if code == "objective.completed" and detail.get("state") == "pending":
        return ()  # a clinician confirms it first
    return FROM_AUDIT.get(code, ())


FROM_AUDIT: Mapping[str, tuple[str, ...]] = {
    "session.started": ("conversation.started",),
    "session.joined": ("conversation.joined",),
    "session.ended": ("conversation.completed", "conversation.left", "conversation.failed", "transcript.ready"),
    "objective.completed": ("objective.completed",),
    "objective.confirmed": ("objective.completed",),
    "consent.granted": ("consent.granted",),
    "consent.withdrawn": ("consent.withdrawn",),
    "document.approved": ("document.approved",),
    "release.rolled_back": ("release.rolled_back",),
}


def data_of(event: str, reference: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The `data` of a payload: the id, and of `facts` only what this event is documented to carry."""
    allowed = EVENTS[event].carries
    return {"id": reference, **{name: facts[name] for name in allowed if facts.get(name) is not None}}


def body(event: str, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": event, "timestamp": at.isoformat().replace("+00:00", "Z"), "data": dict(data)}
