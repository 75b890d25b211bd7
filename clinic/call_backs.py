"""Call-backs: promised when nobody can join a patient's call, kept, or escalated.

A clinician promises one from the escalation's page; the clock does when everyone was paged
and nobody has it. `conversations` has the assistant say it in the call; the patient's page
shows it afterwards. `manage.py relay` runs `miss_due` every second.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from clinic import call_back_times, escalations, outbox
from clinic.discharge_plan import Severity
from clinic.errors import CallBackSettled, CallBackTime, EscalationClosed
from clinic.models import CallBack, Escalation, User
from compliance import audit

PROMISED = audit.action("call_back.promised", "{actor} promised to call {patient} back", "C")
TOLD = audit.action("call_back.told", "The assistant told {patient} when they are called back", "U")
DONE = audit.action("call_back.done", "{actor} called {patient} back", "U")
UNANSWERED = audit.action("call_back.unanswered", "{actor} called {patient} back, and nobody answered", "U")
MISSED = audit.action("call_back.missed", "Nobody called {patient} back in time", "U")
DROPPED = audit.action("call_back.dropped", "A call that was promised to {patient} was no longer needed", "U")

State = CallBack.State
# outcomes of an escalation after which the patient was spoken to
SPOKEN = {"advised", "called_back", "seen", "emergency_services", "plan_changed"}


def promise(escalation: Escalation, due_at: datetime, by: User) -> CallBack:
    """`by` calls the patient at that time, and has the escalation from now on unless somebody else has it.

    Raises `EscalationClosed`, and `CallBackTime` for a time that is past or too far away.
    """
    if not call_back_times.may_be_promised(due_at, timezone.now()):
        raise CallBackTime
    with transaction.atomic():
        locked = Escalation.objects.select_for_update().get(pk=escalation.pk)
        if locked.state == Escalation.State.RESOLVED:
            raise EscalationClosed
        escalations.acknowledge(locked, by)
        return _promise(locked, due_at, by)


def promise_by_clock(escalation: Escalation, now: datetime) -> CallBack | None:
    """Everyone was paged and nobody has it: a patient who waits in a call is told when they are called.

    One promise a call, however many escalations it raised and whatever became of it. In the caller's transaction.
    """
    about_call = CallBack.objects.filter(escalation__session_id=escalation.session_id)
    if escalation.session_id is None or about_call.exists():
        return None
    zone = ZoneInfo(escalation.patient.time_zone)
    return _promise(escalation, call_back_times.proposed(Severity(escalation.severity), now, zone), None)


def note_told(call_back_id: UUID) -> None:
    """The patient has heard it. A second time changes nothing."""
    with transaction.atomic():
        call_back = _lock(call_back_id)
        if call_back.told_at is None:
            call_back.told_at = timezone.now()
            call_back.save(update_fields=["told_at"])
            _record(TOLD, call_back)
            escalations.touch(call_back.escalation)


def reached(call_back: CallBack, by: User) -> None:
    """`by` has talked with the patient. Raises `CallBackSettled`."""
    with transaction.atomic():
        _settle(_lock_planned(call_back.pk), State.DONE, DONE, by)


def unanswered(call_back: CallBack, by: User) -> None:
    """`by` called and nobody answered: an escalation of its own. Raises `CallBackSettled`."""
    with transaction.atomic():
        locked = _lock_planned(call_back.pk)
        _settle(locked, State.UNANSWERED, UNANSWERED, by)
        _escalate(locked, "call_back.unanswered")


def miss_due(now: datetime | None = None) -> int:
    """Escalate one that is overdue; returns 1, or 0 if there is none."""
    now = now or timezone.now()
    with transaction.atomic():
        late = CallBack.objects.filter(state=State.PLANNED, due_at__lte=now - call_back_times.GRACE)
        call_back = late.select_for_update(skip_locked=True, of=("self",)).order_by("due_at").first()
        if call_back is None:
            return 0
        _settle(call_back, State.MISSED, MISSED, None)
        _escalate(call_back, "call_back.missed")
    return 1


def note_resolved(code: str, patient_id: UUID | None, subject: str, detail: audit.Detail) -> None:
    """Its escalation was closed by a named person: so is what was promised. In that transaction."""
    waiting = CallBack.objects.select_for_update(of=("self",)).select_related("escalation__resolved_by")
    for one in waiting.filter(escalation_id=UUID(subject.partition(":")[2]), state=State.PLANNED):
        by, outcome = one.escalation.resolved_by, one.escalation.outcome
        spoken = outcome in SPOKEN
        _settle(one, State.DONE if spoken else State.DROPPED, DONE if spoken else DROPPED, by)


def note_joined(code: str, patient_id: UUID | None, subject: str, detail: audit.Detail) -> None:
    """A colleague joined the call after all: nobody has to call back. In that transaction."""
    waiting = CallBack.objects.select_for_update(of=("self",)).select_related("escalation")
    for one in waiting.filter(escalation__session_id=UUID(subject.partition(":")[2]), state=State.PLANNED):
        _settle(one, State.DROPPED, DROPPED, None)


def planned_for(escalation_ids: Collection[UUID]) -> dict[UUID, CallBack]:
    """Escalation → its open call-back."""
    found = CallBack.objects.filter(escalation_id__in=escalation_ids, state=State.PLANNED).select_related("caller")
    return {one.escalation_id: one for one in found}


def untold(session_id: UUID) -> CallBack | None:
    """What the patient of this call has to be told, and was not yet."""
    found = CallBack.objects.filter(escalation__session_id=session_id, state=State.PLANNED, told_at=None)
    return found.select_related("caller", "escalation__patient").order_by("made_at").last()


def told_on_page(session_id: UUID) -> CallBack | None:
    """What the patient's page says after this call: the last promise that still stands, or was broken."""
    shown = (State.PLANNED, State.DONE, State.UNANSWERED, State.MISSED)
    found = CallBack.objects.filter(escalation__session_id=session_id, state__in=shown)
    return found.select_related("caller").order_by("made_at").last()


def visible_to(user: User) -> QuerySet[CallBack]:
    return CallBack.objects.filter(escalation__in=escalations.visible_to(user))


def _promise(escalation: Escalation, due_at: datetime, by: User | None) -> CallBack:
    planned = CallBack.objects.filter(escalation=escalation, state=State.PLANNED)
    planned.update(state=State.MOVED, settled_at=timezone.now())
    call_back = CallBack.objects.create(escalation=escalation, due_at=due_at, caller=by, made_at=timezone.now())
    escalations.note_step(escalation, "call_back", by=by)
    _record(PROMISED, call_back)
    _announce("call_back.promised", call_back)
    return call_back


def _settle(call_back: CallBack, state: State, action: audit.Action, by: User | None) -> None:
    call_back.state, call_back.settled_at, call_back.settled_by = state, timezone.now(), by
    call_back.save(update_fields=["state", "settled_at", "settled_by"])
    escalations.note_step(call_back.escalation, f"call_back_{state.value}", by=by)
    _record(action, call_back)
    _announce(f"call_back.{state.value}", call_back)


def _escalate(call_back: CallBack, rule: str) -> None:
    """As severe as what it was about."""
    about = call_back.escalation
    earlier = CallBack.objects.filter(escalation=about).exclude(pk=call_back.pk).count()
    escalations.escalate(
        patient_id=about.patient_id,
        session_id=about.session_id,
        turn=earlier,
        rule=f"{rule}.{about.number}",
        severity=Severity(about.severity),
        quote=about.quote,
        plan_excerpt=about.plan_excerpt,
        position_ms=about.position_ms,
    )


def _announce(topic: str, call_back: CallBack) -> None:
    outbox.put(topic, call_back.pk, {"escalation_id": str(call_back.escalation_id)})


def _record(action: audit.Action, call_back: CallBack) -> None:
    audit.record(
        action,
        patient_id=call_back.escalation.patient_id,
        subject=f"call_back:{call_back.pk}",
        detail={"escalation": str(call_back.escalation_id), "due": call_back.due_at.isoformat()},
    )


def _lock(call_back_id: UUID) -> CallBack:
    related = CallBack.objects.select_related("escalation")
    return related.select_for_update(of=("self",)).get(pk=call_back_id)


def _lock_planned(call_back_id: UUID) -> CallBack:
    call_back = _lock(call_back_id)
    if call_back.state != State.PLANNED:
        raise CallBackSettled
    return call_back
