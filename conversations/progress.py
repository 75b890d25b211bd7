"""Writes down what a call found out and what is to be remembered. One transaction, one audit action each.

Called by `conversations.effects` on the switchboard's writer thread, and by the pages
on which patients and clinicians correct what is remembered.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from compliance import audit, consent
from compliance.models import Purpose
from conversations import protocol_book
from conversations.memory import Fact
from conversations.models import MemoryFact, ObjectiveRecord, Session
from conversations.protocols import BadProtocol

ANSWERED = audit.action("objective.answered", "{patient} answered a question of the call", "C")
COMPLETED = audit.action("objective.completed", "The call with {patient} reached an objective", "U")
CONFIRMED = audit.action("objective.confirmed", "{actor} confirmed an objective of the call with {patient}", "U")
LEARNED = audit.action("memory.learned", "The call with {patient} learned something to remember", "C")
READ = audit.action("memory.read", "{actor} looked at what is remembered of {patient}", "R")
SETTLED = audit.action("memory.settled", "{actor} said which of two memories of {patient} is right", "U")
RECALLED = audit.action("memory.recalled", "{actor} used what is remembered of {patient}", "R")
CORRECTED = audit.action("memory.corrected", "{actor} corrected what is remembered of {patient}", "U")
FORGOTTEN = audit.action("memory.forgotten", "{actor} removed something that was remembered of {patient}", "D")

KEPT_FOR: Mapping[str, timedelta] = {
    MemoryFact.Kind.SYMPTOM: timedelta(days=30),
    MemoryFact.Kind.MEDICINE: timedelta(days=90),
    MemoryFact.Kind.HOME: timedelta(days=90),
    MemoryFact.Kind.PREFERENCE: timedelta(days=365),
    MemoryFact.Kind.ANSWER: timedelta(days=14),
}


def record_answer(
    session_id: UUID, *, objective: str, variable: str, value: str | float | bool, kind: str, quote: str, turn: int
) -> ObjectiveRecord:
    """Keep the typed value with the patient's words. A later answer replaces an earlier one."""
    with transaction.atomic():
        record = _record(session_id, objective)
        answer = {"value": value, "type": kind, "quote": quote, "turn": turn}
        record.variables = {**record.variables, variable: answer}
        record.save(update_fields=["variables"])
        _audit(ANSWERED, record, {"objective": objective, "variable": variable, "turn": turn})
    return record


def complete_objective(session_id: UUID, *, objective: str, confirmation_mode: str = "auto") -> ObjectiveRecord:
    """Reached; or, if a clinician confirms it, waiting for that. A second call changes nothing."""
    with transaction.atomic():
        record = _record(session_id, objective)
        if record.state != ObjectiveRecord.State.ACTIVE:
            return record
        manual = confirmation_mode == "manual"
        record.state = ObjectiveRecord.State.PENDING if manual else ObjectiveRecord.State.COMPLETED
        record.completed_at = None if manual else timezone.now()
        record.save(update_fields=["state", "completed_at"])
        _audit(COMPLETED, record, {"objective": objective, "state": record.state, **_told_to(record)})
    return record


def confirm_objective(record: ObjectiveRecord, by: Any) -> ObjectiveRecord:
    """A clinician confirms what the call found out."""
    with transaction.atomic():
        locked = ObjectiveRecord.objects.select_for_update().select_related("session").get(pk=record.pk)
        if locked.state == ObjectiveRecord.State.PENDING:
            locked.state, locked.completed_at = ObjectiveRecord.State.COMPLETED, timezone.now()
            locked.confirmed_by = by
            locked.save(update_fields=["state", "completed_at", "confirmed_by"])
            _audit(CONFIRMED, locked, {"objective": locked.name, **_told_to(locked)})
    return locked


def learn(
    patient_id: UUID,
    *,
    kind: str,
    topic: str,
    text: str,
    quote: str = "",
    confidence: float = 1.0,
    session_id: UUID | None = None,
    turn: int | None = None,
) -> MemoryFact | None:
    """Remember a fact. None, and nothing kept, unless the patient consents to being remembered."""
    if Purpose.MEMORY not in consent.granted(patient_id):
        return None
    with transaction.atomic():
        now = timezone.now()
        fact = MemoryFact.objects.create(
            patient_id=patient_id,
            session_id=session_id,
            turn=turn,
            kind=kind,
            topic=topic,
            text=text,
            quote=quote,
            confidence=confidence,
            learned_at=now,
            expires_at=now + KEPT_FOR[kind],
        )
        _audit_fact(LEARNED, fact)
    return fact


def recall(patient_id: UUID) -> Sequence[Fact]:
    """What may be used in a call now: consented, current and not expired."""
    if Purpose.MEMORY not in consent.granted(patient_id):
        return ()
    facts = list(remembered(patient_id))
    if facts:
        audit.record(RECALLED, patient_id=patient_id, detail={"facts": len(facts)})
    return [Fact(f.kind, f.topic, f.text, timezone.localdate(f.learned_at), f.confidence) for f in facts]


def remembered(patient_id: UUID) -> Any:
    """The current facts as rows, for the pages that show them."""
    alive = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return MemoryFact.objects.filter(alive, patient_id=patient_id, state=MemoryFact.State.CURRENT)


def correct(fact: MemoryFact, *, text: str, by: Any = None) -> MemoryFact:
    """Replace a fact by what the patient, or a clinician (`by`), says is right. The old one is kept, unused.

    Raises `ConsentMissing`: who no longer wants to be remembered can only have things removed.
    """
    consent.require(fact.patient_id, Purpose.MEMORY)
    with transaction.atomic():
        locked = MemoryFact.objects.select_for_update().get(pk=fact.pk)
        locked.state = MemoryFact.State.CORRECTED
        locked.save(update_fields=["state"])
        right = MemoryFact.objects.create(
            patient_id=locked.patient_id,
            kind=locked.kind,
            topic=locked.topic,
            text=text,
            learned_at=timezone.now(),
            expires_at=timezone.now() + KEPT_FOR[locked.kind],
            corrects=locked,
            corrected_by=by,
        )
        _audit_fact(CORRECTED, right)
    return right


def forget(fact: MemoryFact) -> None:
    """Never use this again."""
    with transaction.atomic():
        locked = MemoryFact.objects.select_for_update().get(pk=fact.pk)
        locked.state = MemoryFact.State.FORGOTTEN
        locked.save(update_fields=["state"])
        _audit_fact(FORGOTTEN, locked)


def settle(fact: MemoryFact) -> None:
    """Of all that was said about this topic, this is right: the rest is kept, unused."""
    with transaction.atomic():
        locked = MemoryFact.objects.select_for_update().get(pk=fact.pk)
        others = remembered(locked.patient_id).filter(kind=locked.kind, topic=locked.topic).exclude(pk=locked.pk)
        others.update(state=MemoryFact.State.CORRECTED)
        _audit_fact(SETTLED, locked)


def contradicting(facts: Sequence[MemoryFact]) -> set[UUID]:
    """The facts that say different things about the same; both are kept until somebody says which is right."""
    told: dict[str, list[MemoryFact]] = {}
    for fact in facts:
        if fact.kind == MemoryFact.Kind.ANSWER:
            told.setdefault(fact.topic, []).append(fact)
    return {fact.pk for same in told.values() if len({fact.text for fact in same}) > 1 for fact in same}


def _record(session_id: UUID, objective: str) -> ObjectiveRecord:
    session = Session.objects.select_for_update().get(pk=session_id)
    found = ObjectiveRecord.objects.filter(session=session, name=objective).select_related("session").first()
    return found or ObjectiveRecord.objects.create(session=session, name=objective, variables={})


def _told_to(record: ObjectiveRecord) -> Mapping[str, str]:
    """The endpoint that the protocol wants told of this objective, if it names one."""
    try:
        objectives = protocol_book.used_in(record.session).objectives
    except BadProtocol:
        return {}
    named = next((one.callback for one in objectives if one.objective_name == record.name), "")
    return {"callback": named} if named else {}


def _audit(what: audit.Action, record: ObjectiveRecord, detail: audit.Detail) -> None:
    audit.record(what, patient_id=record.session.patient_id, subject=f"session:{record.session_id}", detail=detail)


def _audit_fact(what: audit.Action, fact: MemoryFact) -> None:
    audit.record(what, patient_id=fact.patient_id, subject=f"memory:{fact.pk}", detail={"kind": fact.kind})
