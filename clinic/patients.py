"""Who the patients are: enrol and correct them."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from clinic import follow_ups
from clinic.models import CareTeam, Patient
from compliance import audit, corrections
from compliance.corrections import Provenance

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
        follow_ups.plan_for(patient)
    return patient


def correct(patient: Patient, details: Details, provenance: Provenance | None = None) -> Patient:
    """What it said before is kept, with who asked for the change and why (GDPR Art. 16)."""
    before = {name: str(getattr(patient, name) or "") for name in Details.__dataclass_fields__}
    with transaction.atomic():
        changed = _apply(patient, details)
        patient.save()
        told = {name: (before[name], str(getattr(patient, name) or "")) for name in changed}
        kept = corrections.keep(patient, told, provenance or Provenance())
        subject = f"correction:{kept}" if kept else ""
        audit.record(CORRECTED, patient_id=patient.pk, subject=subject, detail={"fields": ",".join(changed)})
    return patient


def _apply(patient: Patient, details: Details) -> list[str]:
    """Put `details` into `patient`; returns the names of the fields that changed."""
    values = {**details.__dict__, "born": details.born.isoformat()}
    changed = [name for name, value in values.items() if patient._state.adding or getattr(patient, name) != value]
    for name in changed:
        setattr(patient, name, values[name])
    return changed
