"""Consent and AuditEvent (IHE BALP) as FHIR R4B, and a patient's bundle of them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from compliance import audit, consent, corrections, people
from compliance.errors import KeyDestroyed
from compliance.models import AuditEvent, ConsentEntry, Correction

Resource = dict[str, Any]

_OUTCOME = {"ok": "0", "refused": "4", "failed": "8"}
_HL7 = "http://terminology.hl7.org/CodeSystem"
_OURS = "https://aftercare.example/fhir"


def bundle(patient_id: UUID) -> Resource:
    """A collection: the patient, their consents, what was corrected, and who did what with their record."""
    entries = ConsentEntry.objects.filter(patient_id=patient_id).order_by("number")
    events = AuditEvent.objects.filter(patient_id=patient_id).order_by("id")
    resources = [
        *_patient(patient_id),
        *consents(entries),
        *_corrections(patient_id),
        *(audit_event(event) for event in events.iterator()),
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": _instant(timezone.now()),
        "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources],
    }


def consents(entries: Iterable[ConsentEntry]) -> list[Resource]:
    """One Consent a ledger entry. Only the last yes to a purpose is active."""
    rows = list(entries)
    last = {(row.patient_id, row.purpose): row.pk for row in rows}
    return [_consent(row, is_last=last[row.patient_id, row.purpose] == row.pk) for row in rows]


def audit_event(event: AuditEvent) -> Resource:
    """IHE BALP: who, what, when, where, why, and how it ended."""
    action = audit.declared().get(event.action)
    resource: Resource = {
        "resourceType": "AuditEvent",
        "id": str(event.uid),
        "type": {"system": f"{_HL7}/audit-event-type", "code": "rest", "display": "RESTful Operation"},
        "subtype": [{"system": f"{_OURS}/audit-action", "code": event.action}],
        "action": action.kind if action else "E",
        "recorded": _instant(event.at),
        "outcome": _OUTCOME.get(event.outcome, "8"),
        "agent": [_agent(event)],
        "source": {"observer": {"display": settings.AUDIT_ORIGIN}},
    }
    if event.reason:
        resource["outcomeDesc"] = event.reason
    if entity := _entities(event):
        resource["entity"] = entity
    return resource


def _agent(event: AuditEvent) -> Resource:
    agent: Resource = {
        "who": {"identifier": {"system": f"{_OURS}/actor", "value": event.actor}},
        "requestor": not event.actor.startswith("system:"),
    }
    if event.where:
        agent["network"] = {"address": event.where, "type": "2"}
    return agent


def _entities(event: AuditEvent) -> list[Resource]:
    found: list[Resource] = []
    if event.patient_id:
        role = {"system": f"{_HL7}/object-role", "code": "1", "display": "Patient"}
        found.append({"what": {"reference": f"Patient/{event.patient_id}"}, "role": role})
    if event.subject:
        found.append({"what": {"identifier": {"system": f"{_OURS}/subject", "value": event.subject}}})
    return found


def _consent(entry: ConsentEntry, *, is_last: bool) -> Resource:
    permitted = entry.granted and is_last
    return {
        "resourceType": "Consent",
        "id": str(entry.uid),
        "status": "active" if permitted else "inactive",
        "scope": {"coding": [{"system": f"{_HL7}/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0", "display": "Consent Document"}]}],
        "patient": {"reference": f"Patient/{entry.patient_id}"},
        "dateTime": _instant(entry.at),
        "performer": [{"reference": f"Patient/{entry.patient_id}"}],
        "policyRule": {"text": consent.text_of(entry.text_sha256) or entry.text_sha256},
        "policy": [{"uri": f"urn:sha256:{entry.text_sha256}"}],
        "provision": {
            "type": "permit" if entry.granted else "deny",
            "purpose": [{"system": f"{_OURS}/consent-purpose", "code": entry.purpose}],
        },
    }


def _corrections(patient_id: UUID) -> Iterable[Resource]:
    """One Provenance a sitting: which fields were corrected, by whom, at whose asking. The words are in data.json."""
    sittings: dict[UUID, list[Correction]] = {}
    for one in corrections.of(patient_id):
        sittings.setdefault(one.group, []).append(one)
    for group, rows in sittings.items():
        first = rows[0]
        yield {
            "resourceType": "Provenance",
            "id": str(group),
            "target": [{"reference": f"Patient/{patient_id}"}],
            "recorded": _instant(first.at),
            "activity": {
                "coding": [{"system": f"{_HL7}/v3-DataOperation", "code": "UPDATE"}],
                "text": ", ".join(sorted(row.field for row in rows)),
            },
            "reason": [{"coding": [{"system": f"{_OURS}/correction-asked-by", "code": first.asked_by}]}],
            "agent": [{"who": {"identifier": {"system": f"{_OURS}/actor", "value": first.actor}}}],
        }


def _patient(patient_id: UUID) -> list[Resource]:
    patient = people.patient(patient_id)
    if patient is None:
        return []
    resource: Resource = {"resourceType": "Patient", "id": str(patient_id)}
    try:
        resource |= {"name": [{"text": patient.name}], "birthDate": patient.born}
    except KeyDestroyed:
        resource["active"] = False
    return [resource]


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
