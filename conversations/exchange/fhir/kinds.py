"""Each resource type: the rows it is made of, for whom, and what it can be searched by."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from clinic import care
from clinic.models import Escalation, Plan, User
from compliance import fhir as compliance_fhir
from compliance.access import Role
from compliance.models import AuditEvent, ConsentEntry
from conversations.exchange.errors import Problem
from conversations.exchange.fhir import people, plan, records
from conversations.exchange.fhir.parts import Resource
from conversations.models import ObjectiveRecord, Session
from knowledge.models import Document

Rows = QuerySet[Any]
Search = Callable[[Rows, str], Rows]
BOTH = (Role.ADMIN, Role.CLINICIAN)


@dataclass(frozen=True)
class Parameter:
    """`kind` is FHIR's: reference, token or date."""

    kind: str
    search: Search


@dataclass(frozen=True)
class Kind:
    """`time` orders pages; `key` is the column of the resource's id; a row may be several resources, or none."""

    name: str
    roles: tuple[Role, ...]
    rows: Callable[[User], Rows]
    time: str
    resources: Callable[[Any], Iterable[Resource]]
    patient_id: Callable[[Any], UUID | None]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    key: str = "pk"
    key_of: Callable[[str], str] = lambda id_: id_  # from a resource's id to the row's


def bad(name: str) -> Problem:
    return Problem(400, "bad_parameter", f"The value of {name} cannot be read.")


def uuid_of(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise bad(name) from None


def _patient(path: str) -> Parameter:
    return Parameter(
        "reference", lambda rows, given: rows.filter(**{path: uuid_of("patient", given.removeprefix("Patient/"))})
    )


def _status(states: Mapping[str, Q]) -> Parameter:
    def search(rows: Rows, given: str) -> Rows:
        wanted = Q(pk__in=[])
        for one in given.split(","):
            if one not in states:
                raise bad("status")
            wanted |= states[one]
        return rows.filter(wanted)

    return Parameter("token", search)


def _code(column: str, name: str) -> Parameter:
    return Parameter("token", lambda rows, given: rows.filter(**{column: _plain(name, given)}))


def _plain(name: str, given: str) -> str:
    if "\x00" in given:
        raise bad(name)
    return given.rpartition("|")[2]


def _date(column: str) -> Parameter:
    """A day or an instant, with eq, ge, gt, le or lt in front."""

    def search(rows: Rows, given: str) -> Rows:
        prefix, text = (given[:2], given[2:]) if given[:2].isalpha() else ("eq", given)
        begin, end = _span(text)
        conditions = {
            "eq": Q(**{f"{column}__gte": begin, f"{column}__lt": end}),
            "ge": Q(**{f"{column}__gte": begin}),
            "gt": Q(**{f"{column}__gte": end}),
            "lt": Q(**{f"{column}__lt": begin}),
            "le": Q(**{f"{column}__lt": end}),
        }
        if prefix not in conditions:
            raise bad("date")
        return rows.filter(conditions[prefix])

    return Parameter("date", search)


def _span(text: str) -> tuple[datetime, datetime]:
    """The day, or the second, that a date names."""
    try:
        if len(text) == 10:
            begin = timezone.make_aware(datetime.combine(date.fromisoformat(text), time.min))
            return begin, begin + timedelta(days=1)
        begin = datetime.fromisoformat(text.replace(" ", "+"))
        aware = timezone.make_aware(begin) if timezone.is_naive(begin) else begin
        return aware, aware + timedelta(seconds=1)
    except (ValueError, OverflowError):
        raise bad("date") from None


def _of_their_patients(rows: Rows) -> Callable[[User], Rows]:
    return lambda user: rows.filter(patient__in=care.patients_of(user))


def _consents(user: User) -> Rows:
    """The officer keeps the ledger; others see what their own patients agreed to."""
    if user.role == Role.OFFICER:
        return ConsentEntry.objects.all()
    return ConsentEntry.objects.filter(patient_id__in=care.patients_of(user).values("pk"))


def _own(row: Any) -> UUID | None:
    found: UUID | None = row.patient_id
    return found


_answered = Exists(ObjectiveRecord.objects.filter(session=OuterRef("pk")))
_plans = Plan.objects.select_related("approved_by")
_raised = Escalation.objects.select_related("acknowledged_by", "resolved_by")
_resolved = Q(state=Escalation.State.RESOLVED)
_current = ~Q(state__in=[Document.State.SUPERSEDED, Document.State.REFUSED])

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "Patient",
            BOTH,
            lambda user: care.patients_of(user).select_related("care_team"),
            "created_at",
            lambda row: [people.resource(row)],
            lambda row: row.pk,
            {"_lastUpdated": _date("created_at")},
        ),
        Kind(
            "CarePlan",
            BOTH,
            _of_their_patients(_plans),
            "made_at",
            lambda row: [plan.care_plan(row)],
            _own,
            {
                "patient": _patient("patient_id"),
                "date": _date("made_at"),
                "status": _status(
                    {"draft": Q(state="draft"), "active": Q(state="approved"), "revoked": Q(state="superseded")}
                ),
            },
        ),
        Kind(
            "MedicationRequest",
            BOTH,
            _of_their_patients(_plans),
            "made_at",
            plan.medication_requests,
            _own,
            {
                "patient": _patient("patient_id"),
                "authoredon": _date("made_at"),
                "status": _status(
                    {"draft": Q(state="draft"), "active": Q(state="approved"), "stopped": Q(state="superseded")}
                ),
            },
            key_of=lambda id_: id_.rpartition(".")[0],
        ),
        Kind(
            "DocumentReference",
            BOTH,
            _of_their_patients(Document.objects.exclude(state=Document.State.REFUSED)),
            "uploaded_at",
            lambda row: [records.document_reference(row)],
            _own,
            {
                "patient": _patient("patient_id"),
                "date": _date("uploaded_at"),
                "status": _status({"current": _current, "superseded": Q(state="superseded")}),
            },
        ),
        Kind(
            "Consent",
            (Role.OFFICER, *BOTH),
            _consents,
            "at",
            lambda row: [records.consent(row)],
            _own,
            {"patient": _patient("patient_id"), "date": _date("at"), "purpose": _code("purpose", "purpose")},
            key="uid",
        ),
        Kind(
            "Flag",
            (Role.CLINICIAN,),
            _of_their_patients(_raised),
            "raised_at",
            lambda row: [records.flag(row)],
            _own,
            {
                "patient": _patient("patient_id"),
                "date": _date("raised_at"),
                "status": _status({"active": ~_resolved, "inactive": _resolved}),
            },
        ),
        Kind(
            "Communication",
            (Role.CLINICIAN,),
            _of_their_patients(_raised),
            "raised_at",
            lambda row: [records.communication(row)],
            _own,
            {
                "patient": _patient("patient_id"),
                "sent": _date("raised_at"),
                "status": _status({"in-progress": ~_resolved, "completed": _resolved}),
            },
        ),
        Kind(
            "QuestionnaireResponse",
            (Role.CLINICIAN,),
            _of_their_patients(Session.objects.filter(_answered).prefetch_related("objectives")),
            "made_at",
            lambda row: [records.questionnaire_response(row)],
            _own,
            {
                "patient": _patient("patient_id"),
                "authored": _date("made_at"),
                "status": _status({"completed": Q(ended_at__isnull=False), "in-progress": Q(ended_at=None)}),
            },
        ),
        Kind(
            "Provenance",
            BOTH,
            _of_their_patients(_plans.exclude(approved_by=None)),
            "made_at",
            lambda row: [records.provenance(row)],
            _own,
            {"patient": _patient("patient_id"), "recorded": _date("approved_at")},
            key_of=lambda id_: id_.removeprefix("plan-"),
        ),
        Kind(
            "AuditEvent",
            (Role.OFFICER,),
            lambda user: AuditEvent.objects.all() if user.role == Role.OFFICER else AuditEvent.objects.none(),
            "at",
            lambda row: [compliance_fhir.audit_event(row)],
            _own,
            {
                "patient": _patient("patient_id"),
                "date": _date("at"),
                "subtype": _code("action", "subtype"),
                "agent": _code("actor", "agent"),
            },
            key="uid",
        ),
    )
}
