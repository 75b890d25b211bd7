"""A discharge plan as a CarePlan and MedicationRequests, and back without a field lost. Pure, but for rows it reads.

What is normal, what is a warning sign and what to do are activities of the CarePlan,
told apart by a code of ours; a place in the papers travels as an extension.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from clinic import plans
from clinic.discharge_plan import (
    DischargePlan,
    ExpectedSymptom,
    Instruction,
    Medicine,
    RedFlag,
    Severity,
    Source,
)
from clinic.models import Plan
from conversations.exchange.fhir.parts import (
    SYSTEM,
    Resource,
    coded,
    extended,
    extension,
    instant,
    listed,
    reference,
    without_empty,
)

ITEMS = f"{SYSTEM}/plan-item"
_STATUS = {Plan.State.DRAFT: "draft", Plan.State.APPROVED: "active", Plan.State.SUPERSEDED: "revoked"}
_MEDICINE_STATUS = {Plan.State.DRAFT: "draft", Plan.State.APPROVED: "active", Plan.State.SUPERSEDED: "stopped"}


def care_plan(row: Plan) -> Resource:
    told = activities(plans.as_data(row), "in-progress" if row.state == Plan.State.APPROVED else "not-started")
    return without_empty(
        {
            "resourceType": "CarePlan",
            "id": str(row.pk),
            "meta": {"versionId": str(row.version), "lastUpdated": instant(row.approved_at or row.made_at)},
            "status": _STATUS[Plan.State(row.state)],
            "intent": "plan",
            "title": "Discharge plan",
            "subject": reference("Patient", row.patient_id),
            "created": instant(row.made_at),
            "supportingInfo": [reference("DocumentReference", row.document_id)] if row.document_id else [],
            "activity": told,
        }
    )


def medication_requests(row: Plan) -> list[Resource]:
    shared = {
        "status": _MEDICINE_STATUS[Plan.State(row.state)],
        "subject": reference("Patient", row.patient_id),
        "authoredOn": instant(row.made_at),
        "basedOn": [reference("CarePlan", row.pk)],
        "meta": {"lastUpdated": instant(row.approved_at or row.made_at)},
    }
    medicines = plans.as_data(row).medicines
    return [{**request(one), **shared, "id": f"{row.pk}.{n}"} for n, one in enumerate(medicines)]


def activities(plan: DischargePlan, status: str = "in-progress") -> list[Resource]:
    items = [
        *(_item("expected-symptom", one.name, "", one.source, _symptom(one)) for one in plan.expected_symptoms),
        *(_item("red-flag", one.name, one.action, one.source, _flag(one)) for one in plan.red_flags),
        *(_item("instruction", one.kind, one.text, one.source, []) for one in plan.instructions),
    ]
    return [{"detail": {**item, "status": status}} for item in items]


def request(medicine: Medicine) -> Resource:
    told = ", ".join(part for part in (medicine.dose, medicine.route, medicine.times) if part)
    dosage = without_empty(
        {
            "extension": extension("dose", valueString=medicine.dose),
            "text": told,
            "timing": {"code": {"text": medicine.times}} if medicine.times else {},
            "route": {"text": medicine.route} if medicine.route else {},
        }
    )
    return without_empty(
        {
            "resourceType": "MedicationRequest",
            "extension": _place(medicine.source),
            "intent": "plan",
            "medicationCodeableConcept": {"text": medicine.name} if medicine.name else {},
            "reasonCode": [{"text": medicine.reason}] if medicine.reason else [],
            "dosageInstruction": [dosage] if dosage else [],
        }
    )


def is_ours(care_plan: Resource) -> bool:
    """Whether this CarePlan was written by `care_plan`, and so can be read back."""
    return any(_kind(one) for one in listed(care_plan, "activity")) or care_plan.get("title") == "Discharge plan"


def read(activities: Iterable[Resource], requests: Iterable[Resource]) -> DischargePlan:
    """The plan that was written as these. Raises `ValueError` or `TypeError` on what is none of ours."""
    details: dict[str, list[Resource]] = {}
    for one in activities:
        details.setdefault(_kind(one), []).append(one["detail"])
    return DischargePlan(
        medicines=tuple(_medicine(one) for one in requests),
        expected_symptoms=tuple(_expected(one) for one in details.get("expected-symptom", ())),
        red_flags=tuple(_red_flag(one) for one in details.get("red-flag", ())),
        instructions=tuple(
            Instruction(_name(one), one.get("description", ""), _source(one)) for one in details.get("instruction", ())
        ),
    )


def _item(kind: str, name: str, text: str, source: Source | None, more: Sequence[Resource]) -> Resource:
    return without_empty({"extension": [*more, *_place(source)], "code": coded(ITEMS, kind, name), "description": text})


def _symptom(one: ExpectedSymptom) -> list[Resource]:
    return [*extension("at-most", valueString=one.at_most), *extension("until-day", valueInteger=one.until_day)]


def _flag(one: RedFlag) -> list[Resource]:
    return extension("severity", valueCode=one.severity.value)


def _place(source: Source | None) -> list[Resource]:
    if source is None:
        return []
    inner = [
        {"url": "document", "valueString": source.document_id},
        *({"url": name, "valueInteger": getattr(source, name)} for name in ("page", "start", "end")),
    ]
    return [{"url": f"{SYSTEM}/source", "extension": [one for one in inner if one.get("valueString") != ""]}]


def _source(resource: Resource) -> Source | None:
    found = extended(resource, "source")
    if found is None:
        return None
    told = {one["url"]: one.get("valueString", one.get("valueInteger")) for one in found["extension"]}
    return Source(told.get("document", ""), told["page"], told["start"], told["end"])


def _kind(activity: Resource) -> str:
    detail = activity.get("detail")
    code = detail.get("code") if isinstance(detail, dict) else None
    codings = listed(code, "coding") if isinstance(code, dict) else []
    return next((str(one.get("code", "")) for one in codings if one.get("system") == ITEMS), "")


def _name(detail: Resource) -> str:
    return str(detail["code"].get("text", ""))


def _expected(one: Resource) -> ExpectedSymptom:
    until = extended(one, "until-day")
    return ExpectedSymptom(_name(one), extended(one, "at-most") or "", until, _source(one))


def _red_flag(one: Resource) -> RedFlag:
    return RedFlag(_name(one), one.get("description", ""), Severity(extended(one, "severity")), _source(one))


def _medicine(one: Resource) -> Medicine:
    dosage: dict[str, Any] = next(iter(listed(one, "dosageInstruction")), {})
    return Medicine(
        name=one.get("medicationCodeableConcept", {}).get("text", ""),
        dose=extended(dosage, "dose") or "",
        route=dosage.get("route", {}).get("text", ""),
        times=dosage.get("timing", {}).get("code", {}).get("text", ""),
        reason=next((reason.get("text", "") for reason in listed(one, "reasonCode")), ""),
        source=_source(one),
    )
