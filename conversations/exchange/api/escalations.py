"""Escalations: what waits for a clinician. Another system may pass on that a named clinician took or closed one."""

import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from pydantic import AwareDatetime, ConfigDict

from clinic import call_backs, care, escalations
from clinic.errors import CallBackTime
from clinic.models import CallBack, Escalation, User
from clinic.views.record import escalation_for
from compliance import audit
from compliance.access import Role
from conversations.exchange.api.access import CLINICIAN, LongText, answers, needs
from conversations.exchange.api.paging import USUAL, Cursor, Limit, Page, page
from conversations.exchange.door import note_patient, service_user
from conversations.exchange.errors import Problem

router = Router(tags=["escalations"])
SEVERITIES = "|".join(Escalation.Severity.values)
STATES = "|".join(Escalation.State.values)
Severity = Annotated[str, Query(pattern=f"^({SEVERITIES})?$")]
State = Annotated[str, Query(pattern=f"^({STATES})?$")]


class EscalationLine(Schema):
    """Codes and times; the words come with the escalation itself. `conversation_id` is empty for a missed call."""

    id: UUID
    number: int
    patient_id: UUID
    conversation_id: UUID | None = Field(None, alias="session_id")
    severity: str
    state: str
    rule: str
    raised_at: datetime.datetime
    acknowledged_at: datetime.datetime | None
    acknowledged_by_id: UUID | None
    overdue_at: datetime.datetime | None
    resolved_at: datetime.datetime | None
    resolved_by_id: UUID | None
    outcome: str


class EscalationOut(EscalationLine):
    """`quote` holds the patient's own words, `position_ms` counts from the start of the call."""

    quote: str
    plan_excerpt: str
    perception_note: str
    position_ms: int | None
    note: str


class CallBackOut(Schema):
    """A call by a person that the patient was promised. `caller_id` is empty while nobody has taken it; `told_at`
    is when the patient had heard it in the call."""

    id: UUID
    state: str
    due_at: datetime.datetime
    caller_id: UUID | None
    made_at: datetime.datetime
    told_at: datetime.datetime | None
    settled_at: datetime.datetime | None


class ByClinician(Schema):
    """The member of staff who did it: an escalation is never taken or closed by a machine."""

    model_config = ConfigDict(extra="forbid")
    clinician_id: UUID


class Promise(ByClinician):
    due_at: AwareDatetime


class Resolution(ByClinician):
    outcome: Annotated[str, Field(pattern=f"^({'|'.join(escalations.OUTCOMES)})$")]
    note: LongText = ""


@router.get("", auth=needs("escalations:read", CLINICIAN), response=answers(Page[EscalationLine]), by_alias=False)
def list_escalations(
    request: HttpRequest,
    limit: Limit = USUAL,
    cursor: Cursor = "",
    state: State = "",
    severity: Severity = "",
    patient_id: UUID | None = None,
) -> Any:
    """Newest first. Without `state`, all of them; `state=raised` and `state=paged` are those nobody has yet."""
    asked = {"state": state, "severity": severity, "patient_id": patient_id}
    rows = escalations.visible_to(service_user(request)).filter(**{name: is_ for name, is_ in asked.items() if is_})
    found, following = page(rows, "raised_at", cursor, limit)
    escalations.record_listing([str(row.pk) for row in found])
    return {"data": found, "next_cursor": following}


@router.get("/{uuid:escalation_id}", auth=needs("escalations:read", CLINICIAN), response=answers(EscalationOut))
def read_escalation(request: HttpRequest, escalation_id: UUID) -> Any:
    escalation = escalation_for(request, escalation_id)
    audit.record(escalations.READ, patient_id=escalation.patient_id, subject=f"escalation:{escalation.pk}")
    return escalation


@router.post(
    "/{uuid:escalation_id}/acknowledge", auth=needs("escalations:write", CLINICIAN), response=answers(EscalationOut)
)
def acknowledge_escalation(request: HttpRequest, escalation_id: UUID, body: ByClinician) -> Any:
    """The clinician has it: paging stops. The first one keeps it."""
    escalation = _mine(request, escalation_id)
    return escalations.acknowledge(escalation, clinician_for(escalation.patient_id, body.clinician_id))


@router.post("/{uuid:escalation_id}/start", auth=needs("escalations:write", CLINICIAN), response=answers(EscalationOut))
def start_escalation(request: HttpRequest, escalation_id: UUID, body: ByClinician) -> Any:
    """The clinician is working on it, and takes it over if it was someone else's."""
    escalation = _mine(request, escalation_id)
    return escalations.start(escalation, clinician_for(escalation.patient_id, body.clinician_id))


@router.get(
    "/{uuid:escalation_id}/call-backs", auth=needs("escalations:read", CLINICIAN), response=answers(list[CallBackOut])
)
def list_call_backs(request: HttpRequest, escalation_id: UUID) -> Any:
    """What the patient was promised, the first promise first."""
    escalation = _mine(request, escalation_id)
    audit.record(escalations.READ, patient_id=escalation.patient_id, subject=f"escalation:{escalation.pk}")
    return CallBack.objects.filter(escalation=escalation).order_by("made_at")


@router.post(
    "/{uuid:escalation_id}/call-backs", auth=needs("escalations:write", CLINICIAN), response=answers(CallBackOut)
)
def promise_call_back(request: HttpRequest, escalation_id: UUID, body: Promise) -> Any:
    """The clinician calls the patient at that time, within three days. A promise before it is moved."""
    escalation = _mine(request, escalation_id)
    by = clinician_for(escalation.patient_id, body.clinician_id)
    try:
        return call_backs.promise(escalation, body.due_at, by)
    except CallBackTime:
        raise Problem(422, "time_not_possible", "due_at must lie within the next three days.") from None


@router.post(
    "/{uuid:escalation_id}/resolve", auth=needs("escalations:write", CLINICIAN), response=answers(EscalationOut)
)
def resolve_escalation(request: HttpRequest, escalation_id: UUID, body: Resolution) -> Any:
    escalation = _mine(request, escalation_id)
    by = clinician_for(escalation.patient_id, body.clinician_id)
    return escalations.resolve(escalation, by, outcome=body.outcome, note=body.note)


def _mine(request: HttpRequest, escalation_id: UUID) -> Escalation:
    escalation = escalation_for(request, escalation_id)
    note_patient(request, escalation.patient_id)
    return escalation


def clinician_for(patient_id: UUID, clinician_id: UUID) -> User:
    """A person who is this patient's clinician now. Raises `Problem`: only a named human closes."""
    people = User.objects.filter(is_active=True, is_service=False, role=Role.CLINICIAN)
    clinician = people.filter(pk=clinician_id).first()
    if clinician is None or not care.may_see(clinician, patient_id):
        raise Problem(422, "no_such_clinician", "clinician_id must name a clinician who cares for this patient.")
    return clinician
