"""Taking a record in: find or enrol the patient, hand the papers to be read, propose the plan."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.conf import settings
from django.db import transaction

from clinic import patients, plans
from clinic.models import CareTeam, Patient, User
from compliance import audit, people
from conversations.exchange.fhir.people import Known
from conversations.exchange.intake.records import NotTaken, Record
from knowledge import ingestion
from knowledge.errors import Refused

IMPORTED = audit.action("record.imported", "{actor} took in a record of {patient} from another system", "C")


@dataclass(frozen=True)
class Taken:
    patient_id: UUID
    enrolled: bool
    documents: tuple[UUID, ...]
    plan: bool


@dataclass(frozen=True)
class Terms:
    """Where imported patients go. `discharged_on` and `patient` are for files that do not say."""

    team: CareTeam
    by: User
    discharged_on: date | None = None
    patient: Patient | None = None


def take(record: Record, terms: Terms) -> Taken:
    """All of it or nothing. Raises `NotTaken`."""
    try:
        with transaction.atomic():
            return _take(record, terms)
    except Refused as refused:
        raise NotTaken(refused.sentence) from None


def _take(record: Record, terms: Terms) -> Taken:
    patient, enrolled = _whose(record, terms)
    documents = tuple(
        ingestion.upload(patient_id=patient.pk, name=one.name, title=one.title, data=one.data, by=terms.by).pk
        for one in record.papers
    )
    if record.plan:
        plans.propose(patient.pk, record.plan, document_id=documents[0] if documents else None)
    audit.record(
        IMPORTED,
        patient_id=patient.pk,
        detail={"resources": record.resources, "documents": len(documents), "enrolled": enrolled},
    )
    return Taken(patient.pk, enrolled, documents, record.plan is not None)


def _whose(record: Record, terms: Terms) -> tuple[Patient, bool]:
    known = record.known
    if terms.patient is not None:
        if known is not None and not _same(known, terms.patient):
            raise NotTaken("It names another patient, or another date of birth, than --patient.")
        return terms.patient, False
    if known is None or not known.name:
        raise NotTaken("It names no patient. Say whose it is with --patient and the id in the address of their page.")
    if known.born is None:
        raise NotTaken("It does not say the patient's full date of birth, which they need to open an invitation.")
    same = [one for one in people.find_patients(known.name) if one.name == known.name]
    found = next((one for one in same if one.born == known.born.isoformat() and one.erased_at is None), None)
    if found is not None:
        return found, False
    discharged_on = known.discharged_on or terms.discharged_on
    if discharged_on is None:
        raise NotTaken("It does not say when the patient left hospital. Say it with --discharged.")
    details = patients.Details(
        care_team=terms.team,
        name=known.name[:200],
        called=(known.called or known.name.partition(" ")[0])[:80],
        born=known.born,
        procedure=known.procedure or "Discharge",
        discharged_on=discharged_on,
        email=known.email[:254],
        phone=known.phone[:40],
        time_zone=known.time_zone or settings.TIME_ZONE,
        language=known.language,
    )
    return patients.enrol(details), True


def _same(known: Known, patient: Patient) -> bool:
    """Whether a file that names somebody can be about this patient: the birth date decides, or else the name."""
    if known.born is not None:
        return bool(known.born.isoformat() == patient.born)
    return bool(not known.name or known.name.casefold() == patient.name.casefold())
