"""What happened, as FHIR: escalations as Flag and Communication, calls as QuestionnaireResponse, papers, approvals."""

from collections.abc import Mapping
from typing import Any

from clinic.models import Escalation, Plan
from compliance import fhir as compliance_fhir
from compliance.models import ConsentEntry
from conversations.exchange.fhir.parts import HL7, SYSTEM, Resource, coded, extension, instant, reference, without_empty
from conversations.exchange.fhir.plan import medication_requests
from conversations.models import ObjectiveRecord, Session
from knowledge.models import Document

_MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html",
    "txt": "text/plain",
    "md": "text/markdown",
    "ccda": "application/cda+xml",
    "fhir": "application/fhir+json",
}
_CLOSED = Escalation.State.RESOLVED


def flag(row: Escalation) -> Resource:
    period = {"start": instant(row.raised_at), "end": instant(row.resolved_at) if row.resolved_at else None}
    return without_empty(
        {
            "resourceType": "Flag",
            "id": str(row.pk),
            "meta": {"versionId": str(row.version)},
            "extension": [
                *extension("severity", valueCode=row.severity),
                *extension("state", valueCode=row.state),
                *extension("outcome", valueCode=row.outcome),
                *extension("number", valueInteger=row.number),
                *extension("overdue-at", valueInstant=instant(row.overdue_at) if row.overdue_at else None),
            ],
            "status": "inactive" if row.state == _CLOSED else "active",
            "category": [coded(f"{HL7}/flag-category", "clinical")],
            "code": coded(f"{SYSTEM}/guardrail", row.rule),
            "subject": reference("Patient", row.patient_id),
            "period": without_empty(period),
        }
    )


def communication(row: Escalation) -> Resource:
    """The patient's words on their way to the care team, and what was done about them."""
    takers = (row.acknowledged_by, row.resolved_by)
    recipients = list(dict.fromkeys(str(one) for one in takers if one))
    payload = [{"contentString": text} for text in (row.quote, row.plan_excerpt) if text]
    return without_empty(
        {
            "resourceType": "Communication",
            "id": str(row.pk),
            "status": "completed" if row.state == _CLOSED else "in-progress",
            "category": [coded(f"{HL7}/communication-category", "alert")],
            "priority": {"emergency": "stat", "urgent": "urgent", "question": "routine"}[row.severity],
            "subject": reference("Patient", row.patient_id),
            "about": [reference("Flag", row.pk)],
            "sent": instant(row.raised_at),
            "received": instant(row.acknowledged_at) if row.acknowledged_at else None,
            "sender": reference("Patient", row.patient_id),
            "recipient": [{"display": name} for name in recipients],
            "payload": payload,
            "note": [{"text": row.note}] if row.note else [],
        }
    )


def questionnaire_response(session: Session) -> Resource:
    """What a call asked and was told: an item an objective, in it an item a variable with the patient's words."""
    records = list(session.objectives.all())
    for record in records:
        record.session = session  # whose key opens it
    return without_empty(
        {
            "resourceType": "QuestionnaireResponse",
            "id": str(session.pk),
            "status": "completed" if session.ended_at else "in-progress",
            "subject": reference("Patient", session.patient_id),
            "authored": instant(session.ended_at or session.made_at),
            "source": reference("Patient", session.patient_id),
            "item": [_objective(record) for record in records],
        }
    )


def document_reference(row: Document) -> Resource:
    current = row.state != Document.State.SUPERSEDED
    return without_empty(
        {
            "resourceType": "DocumentReference",
            "id": str(row.pk),
            "meta": {"versionId": str(row.version), "lastUpdated": instant(row.approved_at or row.uploaded_at)},
            "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:sha256:{row.sha256}"}],
            "status": "current" if current else "superseded",
            "docStatus": "final" if row.approved_at else "preliminary",
            "type": coded("http://loinc.org", "18842-5", "Discharge summary"),
            "subject": reference("Patient", row.patient_id),
            "date": instant(row.uploaded_at),
            "relatesTo": [{"code": "replaces", "target": reference("DocumentReference", row.replaces_id)}]
            if row.replaces_id
            else [],
            "content": [
                {
                    "attachment": {
                        "contentType": _MEDIA.get(row.kind, "application/octet-stream"),
                        "url": f"/api/v1/documents/{row.pk}/original",
                        "size": row.bytes,
                        "title": row.title,
                    }
                }
            ],
        }
    )


def provenance(row: Plan) -> Resource:
    """Who approved a plan, and the papers that it was understood from."""
    source = {"role": "source", "what": reference("DocumentReference", row.document_id)} if row.document_id else None
    moment = row.approved_at or row.made_at
    targets = [reference("CarePlan", row.pk)]
    targets += [reference("MedicationRequest", one["id"]) for one in medication_requests(row)]
    return without_empty(
        {
            "resourceType": "Provenance",
            "id": f"plan-{row.pk}",
            "target": targets,
            "occurredDateTime": instant(moment),
            "recorded": instant(moment),
            "agent": [
                {
                    "type": coded(f"{HL7}/provenance-participant-type", "verifier"),
                    "who": {
                        "identifier": {"system": f"{SYSTEM}/actor", "value": f"user:{row.approved_by_id}"},
                        "display": str(row.approved_by),
                    },
                }
            ],
            "entity": [source] if source else [],
        }
    )


def consent(row: ConsentEntry) -> Resource:
    """One entry of the ledger, told in the light of those that came after it."""
    same = ConsentEntry.objects.filter(patient_id=row.patient_id, purpose=row.purpose).order_by("number")
    return next(one for one in compliance_fhir.consents(same) if one["id"] == str(row.uid))


def _objective(record: ObjectiveRecord) -> Resource:
    told = [_variable(record.name, name, kept) for name, kept in record.variables.items()]
    return without_empty({"linkId": record.name, "extension": extension("state", valueCode=record.state), "item": told})


def _variable(objective: str, name: str, kept: Mapping[str, Any]) -> Resource:
    value = kept.get("value")
    key = "valueBoolean" if isinstance(value, bool) else "valueDecimal" if isinstance(value, int | float) else ""
    answer = {key: value} if key else without_empty({"valueString": str(value or "")})
    return without_empty(
        {
            "linkId": f"{objective}.{name}",
            "extension": [
                *extension("quote", valueString=kept.get("quote", "")),
                *extension("turn", valueInteger=kept.get("turn")),
                *extension("variable-type", valueCode=kept.get("type", "")),
            ],
            "answer": [answer] if answer else [],
        }
    )
