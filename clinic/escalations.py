"""Escalations: raised once for one cause, seen by the care team, closed only by a named person.

`conversations` raises them; `clinic.views` and `clinic.consumers` show them;
`clinic.paging` repeats them until somebody has them. Each verb writes the row, its
audit entry and its outbox entry in one transaction. What follows only hastens.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic import care, hints, ladder, outbox
from clinic.discharge_plan import Severity
from clinic.errors import EscalationClosed, OutcomeMissing
from clinic.models import Escalation, EscalationEvent, User
from compliance import audit

RAISED = audit.action("escalation.raised", "{actor} raised an escalation for {patient}", "C")
HEIGHTENED = audit.action("escalation.heightened", "{actor} raised the severity of an escalation of {patient}", "U")
ACKNOWLEDGED = audit.action("escalation.acknowledged", "{actor} took an escalation of {patient}", "U")
STARTED = audit.action("escalation.started", "{actor} began work on an escalation of {patient}", "U")
RESOLVED = audit.action("escalation.resolved", "{actor} resolved an escalation of {patient}", "U")
READ = audit.action("escalation.read", "{actor} read an escalation of {patient}", "R")
LISTED = audit.action("escalation.listed", "{actor} looked at the queue", "R")
REFUSED = audit.action("escalation.refused", "{actor} was refused an escalation of {patient}", "E")

GROUP = "escalations"  # channel-layer group; its messages carry ids only
State = Escalation.State
OUTCOMES: Mapping[str, str | Promise] = {
    "advised": _("Advice given"),
    "called_back": _("Called back"),
    "seen": _("Asked to come in"),
    "emergency_services": _("Sent to emergency care"),
    "prescriber": _("Passed to the prescriber"),
    "plan_changed": _("Plan changed"),
    "no_action": _("No action needed"),
    "not_reached": _("Could not be reached, followed up on paper"),
}


def escalate(
    *,
    patient_id: UUID,
    session_id: UUID | None,
    turn: int,
    rule: str,
    severity: Severity,
    quote: str,
    plan_excerpt: str = "",
    perception_note: str = "",
    position_ms: int | None = None,
) -> Escalation:
    """Raise an escalation, or find the one that this cause has raised before.

    The cause is call, turn and rule. A repetition may heighten the severity, never
    lower it. `position_ms` counts from the start of the call.
    """
    cause = f"{session_id or f'patient:{patient_id}'}:{turn}:{rule}"
    now = timezone.now()
    try:
        with transaction.atomic():
            escalation = Escalation.objects.create(
                patient_id=patient_id,
                session_id=session_id,
                cause=cause,
                severity=severity.value,
                rule=rule,
                quote=quote,
                plan_excerpt=plan_excerpt,
                perception_note=perception_note,
                position_ms=position_ms,
                version=1,
                raised_at=now,
                paging_since=now,
                page_at=now,
            )
            _add_step(escalation, "raised", detail=severity.value)
            _hint(escalation)
            _record(escalation, RAISED, "raised")
    except IntegrityError:
        return _again(cause, severity)
    return escalation


def acknowledge(escalation: Escalation, by: User) -> Escalation:
    """`by` has it now, and paging stops. The first one keeps it; a second acknowledgement changes nothing."""
    with transaction.atomic():
        locked = _lock(escalation.pk)
        if locked.state in (State.RAISED, State.PAGED):
            locked.state, locked.acknowledged_by, locked.acknowledged_at = State.ACKNOWLEDGED, by, timezone.now()
            _stop_paging(locked)
            locked.save(update_fields=["state", "acknowledged_by", "acknowledged_at", "page_at"])
            _write(locked, ACKNOWLEDGED, "acknowledged", by=by)
    return locked


def start(escalation: Escalation, by: User) -> Escalation:
    """`by` is working on it: joined the call, or is on the phone. Takes it over if it was someone else's."""
    with transaction.atomic():
        locked = _lock(escalation.pk)
        _refuse_closed(locked)
        if locked.state == State.IN_PROGRESS and locked.acknowledged_by_id == by.pk:
            return locked
        locked.state, locked.acknowledged_by = State.IN_PROGRESS, by
        locked.acknowledged_at = locked.acknowledged_at or timezone.now()
        _stop_paging(locked)
        locked.save(update_fields=["state", "acknowledged_by", "acknowledged_at", "page_at"])
        _write(locked, STARTED, "in_progress", by=by)
    return locked


def resolve(escalation: Escalation, by: User, *, outcome: str, note: str) -> Escalation:
    """Close it, by name. Raises `OutcomeMissing` and `EscalationClosed`."""
    if outcome not in OUTCOMES:
        raise OutcomeMissing(outcome)
    with transaction.atomic():
        locked = _lock(escalation.pk)
        _refuse_closed(locked)
        now = timezone.now()
        locked.state, locked.resolved_by, locked.resolved_at = State.RESOLVED, by, now
        locked.acknowledged_by, locked.acknowledged_at = (
            locked.acknowledged_by or by,
            locked.acknowledged_at or now,
        )
        locked.outcome, locked.note, locked.page_at = outcome, note, None
        locked.save()
        _write(locked, RESOLVED, "resolved", by=by, detail=outcome)
    return locked


def visible_to(user: User) -> QuerySet[Escalation]:
    """Those of the patients whom `user` cares for."""
    return Escalation.objects.filter(patient__in=care.patients_of(user))


def whose(escalation_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Escalation → patient."""
    return dict(Escalation.objects.filter(pk__in=escalation_ids).values_list("pk", "patient_id"))


def of_patient(patient_id: UUID) -> list[UUID]:
    return list(Escalation.objects.filter(patient_id=patient_id).values_list("pk", flat=True))


def record_listing(escalation_ids: Sequence[str]) -> None:
    """Audit that these were shown in a queue: one entry for what was shown together."""
    audit.record(LISTED, detail=_naming(escalation_ids))


def record_listings(shown: Iterable[tuple[Collection[audit.Actor], Sequence[str]]]) -> None:
    """Audit what was shown to many at once: an entry for each who saw it."""
    with transaction.atomic():
        for actors, escalation_ids in shown:
            audit.record_each(LISTED, actors, _naming(escalation_ids))


def _naming(escalation_ids: Sequence[str]) -> audit.Detail:
    return {"count": len(escalation_ids), "escalations": ",".join(escalation_ids)}


def note_step(
    escalation: Escalation,
    kind: str,
    *,
    by: User | None = None,
    detail: str = "",
    saving: Collection[str] = (),
    at_once: bool = True,
) -> None:
    """Append one step to the escalation's history. `detail` is a code, never words; `saving` as in `touch`."""
    _add_step(escalation, kind, by=by, detail=detail)
    touch(escalation, saving=saving, at_once=at_once)


def touch(escalation: Escalation, *, saving: Collection[str] = (), at_once: bool = True) -> None:
    """Have open pages show it afresh, after the commit; and save these fields of it with the same statement.

    At once, or with the next look at the whole queue (`feed.LOOK_EVERY_S`).
    """
    saved = {name: getattr(escalation, name) for name in saving}
    Escalation.objects.filter(pk=escalation.pk).update(version=F("version") + 1, **saved)
    if at_once:
        _hint(escalation)


def touch_session(session_id: UUID) -> None:
    """The call began, was lost or ended: open pages show or hide the way to join it."""
    with transaction.atomic():
        for escalation in Escalation.objects.filter(session_id=session_id).exclude(state=State.RESOLVED):
            touch(escalation)


def _again(cause: str, severity: Severity) -> Escalation:
    """The escalation this cause has raised before; opened again if it was closed as something lesser."""
    with transaction.atomic():
        locked = Escalation.objects.select_for_update().get(cause=cause)
        if severity.order > Severity(locked.severity).order:
            locked.severity = severity.value
            if locked.state == State.RESOLVED:
                locked.state, locked.acknowledged_by, locked.acknowledged_at = State.RAISED, None, None
            if locked.state in (State.RAISED, State.PAGED):
                locked.paging_since = locked.page_at = timezone.now()
                locked.rung, locked.overdue_at = 0, None
            locked.save()
            _write(locked, HEIGHTENED, "heightened", detail=severity.value)
    return locked


def _write(
    escalation: Escalation, action: audit.Action, kind: str, *, by: User | None = None, detail: str = ""
) -> None:
    """The step, its audit entry and its outbox entry: all in the caller's transaction."""
    note_step(escalation, kind, by=by, detail=detail)
    _record(escalation, action, kind)


def _add_step(escalation: Escalation, kind: str, *, by: User | None = None, detail: str = "") -> None:
    EscalationEvent.objects.create(escalation=escalation, at=timezone.now(), kind=kind, by=by, detail=detail)


def _hint(escalation: Escalation) -> None:
    escalation_id = escalation.pk
    transaction.on_commit(lambda: hints.give(GROUP, escalation_id))


def _record(escalation: Escalation, action: audit.Action, kind: str) -> None:
    audit.record(
        action,
        patient_id=escalation.patient_id,
        subject=f"escalation:{escalation.pk}",
        detail={"severity": escalation.severity, "rule": escalation.rule},
    )
    topic = "escalation.raised" if kind == "heightened" else f"escalation.{kind}"
    told = [(topic, escalation.pk)]
    if kind == "raised" and escalation.session_id:
        told.append(("guardrail.triggered", escalation.session_id))
    outbox.put_each(told, {"severity": escalation.severity, "rule": escalation.rule})


def _stop_paging(escalation: Escalation) -> None:
    """Somebody has it. What remains is to say so if it is still open when it should not be."""
    since = escalation.paging_since or escalation.raised_at
    escalation.page_at = None if escalation.overdue_at else ladder.overdue_at(Severity(escalation.severity), since)


def _lock(escalation_id: UUID) -> Escalation:
    return Escalation.objects.select_for_update().get(pk=escalation_id)


def _refuse_closed(escalation: Escalation) -> None:
    if escalation.state == State.RESOLVED:
        raise EscalationClosed
