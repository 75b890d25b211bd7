"""Patients: enrol, correct, read; and, of one, the plan, consents and follow-ups."""

import datetime
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from pydantic import AfterValidator, ConfigDict

from clinic import care, patients
from clinic.models import CareTeam, Plan
from compliance import audit, consent
from conversations.exchange.api.access import ADMIN, BOTH, Line, answers, needs, note_listed, patient_of
from conversations.exchange.api.paging import USUAL, Cursor, Limit, Page, page
from conversations.exchange.door import note_patient, service_user
from conversations.exchange.errors import Problem

router = Router(tags=["patients"])
teams = Router(tags=["patients"])


@lru_cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError
    return name


def _email(text: str) -> str:
    try:
        EmailValidator()(text or "nobody@nowhere.example")
    except ValidationError:
        raise ValueError from None
    return text


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
Email = Annotated[str, Field(max_length=254, pattern=r"^[^\x00]*$"), AfterValidator(_email)]
Phone = Annotated[str, Field(max_length=40, pattern=r"^[^\x00]*$")]


class PatientIn(Schema):
    """`called` is how the assistant addresses them; `procedure` why they were in hospital."""

    model_config = ConfigDict(extra="forbid")

    care_team_id: UUID
    name: Line
    called: Line
    born: datetime.date
    procedure: Line
    discharged_on: datetime.date
    email: Email = ""
    phone: Phone = ""
    time_zone: TimeZone = "UTC"
    language: Annotated[str, Field(pattern="^[a-z]{2}(-[A-Z]{2})?$")] = "en"

    def details(self) -> patients.Details:
        team = CareTeam.objects.filter(pk=self.care_team_id).first()
        if team is None:
            raise Problem(422, "no_such_team", "There is no care team with this care_team_id.")
        return patients.Details(care_team=team, **self.dict(exclude={"care_team_id"}))


class PatientOut(Schema):
    id: UUID
    care_team_id: UUID
    name: str
    called: str
    born: datetime.date
    procedure: str
    discharged_on: datetime.date
    email: str | None
    phone: str | None
    time_zone: str
    language: str
    created_at: datetime.datetime


class PlanOut(Schema):
    """`content` as in the reference: medicines, expected_symptoms, red_flags and instructions, each with its source."""

    id: UUID
    patient_id: UUID
    version: int
    state: str
    content: dict[str, Any]
    document_id: UUID | None
    approved_at: datetime.datetime | None


class ConsentsOut(Schema):
    patient_id: UUID
    granted: list[str]


class FollowUpOut(Schema):
    id: UUID
    visit: str
    state: str
    opens_at: datetime.datetime
    closes_at: datetime.datetime
    session_id: UUID | None


class TeamOut(Schema):
    id: UUID
    name: str


@router.get("", auth=needs("patients:read", BOTH), response=answers(Page[PatientOut]))
def list_patients(request: HttpRequest, limit: Limit = USUAL, cursor: Cursor = "") -> Any:
    """Those whom this token's care teams look after, the latest enrolled first."""
    found, following = page(care.patients_of(service_user(request)), "created_at", cursor, limit)
    note_listed((patient.pk for patient in found), "patients")
    return {"data": found, "next_cursor": following}


@router.post("", auth=needs("patients:write", ADMIN), response=answers(PatientOut, 201))
def enrol_patient(request: HttpRequest, body: PatientIn) -> Any:
    """Follow-up calls are planned at once."""
    patient = patients.enrol(body.details())
    note_patient(request, patient.pk)
    return Status(201, patient)


@teams.get("", auth=needs("patients:read", BOTH), response=answers(list[TeamOut]))
def list_care_teams(request: HttpRequest) -> Any:
    return CareTeam.objects.order_by("name")


@router.get("/{uuid:patient_id}", auth=needs("patients:read", BOTH), response=answers(PatientOut))
def read_patient(request: HttpRequest, patient_id: UUID) -> Any:
    patient = patient_of(request, patient_id)
    audit.record(patients.READ, patient_id=patient.pk)
    return patient


@router.put("/{uuid:patient_id}", auth=needs("patients:write", ADMIN), response=answers(PatientOut))
def correct_patient(request: HttpRequest, patient_id: UUID, body: PatientIn) -> Any:
    return patients.correct(patient_of(request, patient_id), body.details())


@router.get("/{uuid:patient_id}/plan", auth=needs("patients:read", BOTH), response=answers(PlanOut))
def read_plan(request: HttpRequest, patient_id: UUID) -> Any:
    """The approved discharge plan: what guards every conversation."""
    patient = patient_of(request, patient_id)
    plan = patient.plans.filter(state=Plan.State.APPROVED).first()
    if plan is None:
        raise Problem(404, "no_plan", "No plan of this patient has been approved yet.")
    audit.record(patients.READ, patient_id=patient.pk, subject="plan")
    return plan


@router.get("/{uuid:patient_id}/consents", auth=needs("patients:read", BOTH), response=answers(ConsentsOut))
def read_consents(request: HttpRequest, patient_id: UUID) -> Any:
    """The purposes to which the patient consents now."""
    patient = patient_of(request, patient_id)
    audit.record(patients.READ, patient_id=patient.pk, subject="consents")
    return {"patient_id": patient.pk, "granted": sorted(consent.granted(patient.pk))}


@router.get("/{uuid:patient_id}/follow-ups", auth=needs("patients:read", BOTH), response=answers(list[FollowUpOut]))
def list_follow_ups(request: HttpRequest, patient_id: UUID) -> Any:
    """The calls that are planned, and what became of them."""
    patient = patient_of(request, patient_id)
    audit.record(patients.READ, patient_id=patient.pk, subject="follow_ups")
    return patient.follow_ups.order_by("opens_at")
