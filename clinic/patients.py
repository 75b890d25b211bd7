"""Who the patients are: enrol, correct, and who may see whom."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from clinic.models import CareTeam, Patient, User
from compliance import audit
from compliance.access import Role

ENROLLED = audit.action("patient.enrolled", "{actor} enrolled {patient}", "C")
CORRECTED = audit.action("patient.corrected", "{actor} corrected the details of {patient}", "U")
READ = audit.action("patient.read", "{actor} opened the page of {patient}", "R")
LISTED = audit.action("patient.listed", "{actor} looked through the list of patients", "R")
REFUSED = audit.action("patient.refused", "{actor} was refused the record of {patient}", "E")


@dataclass(frozen=True)
class Details:
    """What the clinic knows of a patient. `called` is how the assistant addresses them."""

    care_team: CareTeam
    name: str
    called: str
    born: date
    procedure: str
    discharged_on: date
    email: str = ""
    phone: str = ""
    time_zone: str = "UTC"
    language: str = "en"


def enrol(details: Details) -> Patient:
    with transaction.atomic():
        patient = Patient()
        _apply(patient, details)
        patient.save()
        audit.record(ENROLLED, patient_id=patient.pk)
    return patient


def correct(patient: Patient, details: Details) -> Patient:
    with transaction.atomic():
        changed = _apply(patient, details)
        patient.save()
        audit.record(CORRECTED, patient_id=patient.pk, detail={"fields": ",".join(changed)})
    return patient


def visible_to(user: User) -> QuerySet[Patient]:
    """Admins enrol everyone; a clinician sees the patients of their own care teams; nobody else sees any."""
    if user.role == Role.ADMIN:
        return Patient.objects.filter(erased_at=None)
    if user.role == Role.CLINICIAN:
        return Patient.objects.filter(erased_at=None, care_team__in=user.care_teams.all())
    return Patient.objects.none()


def matching(patients: QuerySet[Patient], words: str) -> list[Patient]:
    """Those whose name or reason for care holds every word. Names are sealed: this opens each one."""
    wanted = words.casefold().split()
    return [
        patient
        for patient in patients
        if all(word in f"{patient.name} {patient.called} {patient.procedure}".casefold() for word in wanted)
    ]


def on_the_team(user: User, patient_id: UUID) -> bool:
    """Whether `user` is on the care team of this patient."""
    return visible_to(user).filter(pk=patient_id).exists()


def _apply(patient: Patient, details: Details) -> list[str]:
    """Put `details` into `patient`; returns the names of the fields that changed."""
    values = {**details.__dict__, "born": details.born.isoformat()}
    changed = [name for name, value in values.items() if patient._state.adding or getattr(patient, name) != value]
    for name in changed:
        setattr(patient, name, values[name])
    return changed
