"""Everything that somebody may see of one patient, as a FHIR collection with the papers inside."""

import base64
from typing import Any

from django.utils import timezone

from clinic.models import Patient, User
from compliance import audit
from conversations.exchange.fhir.kinds import KINDS, Kind
from conversations.exchange.fhir.parts import Resource, instant
from knowledge import ingestion
from knowledge.errors import Refused

EXPORTED = audit.action("fhir.exported", "{actor} exported {patient}'s record as FHIR", "R")


def bundle(patient: Patient, user: User) -> Resource:
    """As far as the role of `user` goes. Recorded before a byte of it leaves."""
    audit.record(EXPORTED, patient_id=patient.pk)
    resources = [one for kind in KINDS.values() if user.role in kind.roles for one in _of(kind, patient, user)]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": instant(timezone.now()),
        "entry": [{"resource": one} for one in resources],
    }


def _of(kind: Kind, patient: Patient, user: User) -> list[Resource]:
    where = {"pk": patient.pk} if kind.name == "Patient" else {"patient_id": patient.pk}
    rows = kind.rows(user).filter(**where).order_by(kind.time, "pk")
    return [_with_papers(kind, row, one) for row in rows for one in kind.resources(row)]


def _with_papers(kind: Kind, row: Any, resource: Resource) -> Resource:
    if kind.name == "DocumentReference":
        try:
            data = base64.b64encode(ingestion.original(row)).decode()
        except (Refused, FileNotFoundError):
            return resource
        resource["content"][0]["attachment"]["data"] = data
    return resource
