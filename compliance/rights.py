"""A patient's rights: a copy of everything, and erasure by destroying their key.

Erasure takes two people, and waits while a legal hold stands. It is done key first:
from then on nothing is readable, whatever else fails, and `carry_out` may be repeated.
"""

from typing import Any
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from compliance import audit, files, keyring, personal, retention
from compliance.errors import NeedsAnother, OnHold
from compliance.models import LegalHold, RightsRequest

ASKED = audit.action("rights.asked", "{actor} noted a request about the data of {patient}", "C")
APPROVED = audit.action("rights.approved", "{actor} approved a request about the data of {patient}", "U")
DECLINED = audit.action("rights.declined", "{actor} declined a request about the data of {patient}", "U")
ERASED = audit.action("rights.erased", "{actor} erased {patient}", "D")
HELD = audit.action("hold.placed", "{actor} placed a legal hold on the data of {patient}", "C")
LIFTED = audit.action("hold.lifted", "{actor} lifted a legal hold from the data of {patient}", "U")


def ask(kind: RightsRequest.Kind, patient_id: UUID, by: Any, ground: RightsRequest.Ground) -> RightsRequest:
    """Note the request; an open one of the same kind is returned as it is."""
    with transaction.atomic():
        request, made = RightsRequest.objects.get_or_create(
            kind=kind,
            patient_id=patient_id,
            decision=RightsRequest.Decision.OPEN,
            defaults={"asked_by": by, "asked_at": timezone.now(), "ground": ground},
        )
        if made:
            audit.record(ASKED, patient_id=patient_id, subject=f"request:{request.pk}", detail={"kind": str(kind)})
    return request


def approve(request: RightsRequest, by: Any) -> None:
    """Raises `NeedsAnother` if an erasure is approved by who asked for it, `OnHold` under a legal hold."""
    if request.kind == RightsRequest.Kind.ERASURE:
        if request.asked_by_id == by.pk:
            raise NeedsAnother("an erasure is approved by somebody else than who asked for it")
        if on_hold(request.patient_id):
            raise OnHold("a legal hold stands")
    _decide(request, by, RightsRequest.Decision.APPROVED, APPROVED)


def decline(request: RightsRequest, by: Any) -> None:
    _decide(request, by, RightsRequest.Decision.DECLINED, DECLINED)


def carry_out(request: RightsRequest) -> None:
    """Erase what an approved request names. Repeatable: what is gone stays gone."""
    approved = request.decision == RightsRequest.Decision.APPROVED and not request.done_at
    if request.kind != RightsRequest.Kind.ERASURE or not approved:
        return
    if on_hold(request.patient_id):
        raise OnHold("a legal hold was placed after the approval")
    erase(request.patient_id)
    RightsRequest.objects.filter(pk=request.pk).update(done_at=timezone.now())


def carry_out_all() -> int:
    """What was approved and not finished, say because a process died; how many."""
    waiting = RightsRequest.objects.filter(
        kind=RightsRequest.Kind.ERASURE, decision=RightsRequest.Decision.APPROVED, done_at=None
    )
    done = 0
    for request in waiting:
        if not on_hold(request.patient_id):
            carry_out(request)
            done += 1
    return done


def erase(patient_id: UUID) -> dict[str, int]:
    """Destroy the key, then remove every row and file; how many of each kind.

    Each keeper clears its own first (`compliance.retention`); what the data map knows
    beyond that goes after it, so that a table nobody thought of is not left behind.
    """
    keyring.destroy(patient_id)
    counts = {"files": files.erase_files(patient_id)}
    with transaction.atomic():
        for keeper in retention.keepers().values():
            counts[keeper.name] = keeper.erase(patient_id)
        for table in personal.in_order_of_deletion():
            counts[table.label] = personal.rows(table, patient_id).delete()[0]
        audit.record(ERASED, patient_id=patient_id, detail={"rows": sum(counts.values()), "files": counts["files"]})
    _end_sessions(patient_id)
    return counts


def place_hold(patient_id: UUID, by: Any, reference: str) -> LegalHold:
    with transaction.atomic():
        hold = LegalHold.objects.create(
            patient_id=patient_id, placed_by=by, placed_at=timezone.now(), reference=reference.strip()[:80]
        )
        audit.record(HELD, patient_id=patient_id, subject=f"hold:{hold.pk}")
    return hold


def lift_hold(hold: LegalHold, by: Any) -> None:
    with transaction.atomic():
        hold.lifted_by, hold.lifted_at = by, timezone.now()
        hold.save(update_fields=["lifted_by", "lifted_at"])
        audit.record(LIFTED, patient_id=hold.patient_id, subject=f"hold:{hold.pk}")


def on_hold(patient_id: UUID) -> bool:
    return LegalHold.objects.filter(patient_id=patient_id, lifted_at=None).exists()


def held() -> frozenset[UUID]:
    return frozenset(LegalHold.objects.filter(lifted_at=None).values_list("patient_id", flat=True))


def _decide(request: RightsRequest, by: Any, decision: RightsRequest.Decision, action: audit.Action) -> None:
    with transaction.atomic():
        changed = RightsRequest.objects.filter(pk=request.pk, decision=RightsRequest.Decision.OPEN).update(
            decision=decision, decided_by=by, decided_at=timezone.now()
        )
        if changed:
            audit.record(action, patient_id=request.patient_id, subject=f"request:{request.pk}")
    request.refresh_from_db()


def _end_sessions(patient_id: UUID) -> None:
    """Browsers that the patient's invitation let in."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("patient_id") == str(patient_id):
            session.delete()
