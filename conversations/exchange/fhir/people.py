"""A patient as a FHIR Patient, and back. Pure, but for the row that `resource` reads."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from clinic.models import Patient
from conversations.exchange.fhir.parts import Resource, extended, extension, instant, listed, without_empty

_LANGUAGES = "urn:ietf:bcp:47"


@dataclass(frozen=True)
class Known:
    """What a Patient resource told. Everything may be missing in another system's."""

    name: str = ""
    called: str = ""
    born: date | None = None
    email: str = ""
    phone: str = ""
    language: str = "en"
    time_zone: str = ""
    procedure: str = ""
    discharged_on: date | None = None
    care_team: str = ""


def resource(patient: Patient) -> Resource:
    names = [{"use": "official", "text": patient.name}, {"use": "usual", "text": patient.called}]
    telecom = [{"system": "phone", "value": patient.phone}, {"system": "email", "value": patient.email}]
    return without_empty(
        {
            "resourceType": "Patient",
            "id": str(patient.pk),
            "meta": {"lastUpdated": instant(patient.created_at)},
            "extension": [
                *extension("procedure", valueString=patient.procedure),
                *extension("discharged-on", valueDate=patient.discharged_on.isoformat()),
                *extension("time-zone", valueString=patient.time_zone),
            ],
            "active": True,
            "name": [one for one in names if one["text"]],
            "telecom": [one for one in telecom if one["value"]],
            "birthDate": patient.born,
            "managingOrganization": {"display": str(patient.care_team)},
            "communication": [{"language": {"coding": [{"system": _LANGUAGES, "code": patient.language}]}}],
        }
    )


def known(patient: Resource) -> Known:
    """Reads a Patient, ours or another system's."""
    official, usual = _name(patient, "official"), _name(patient, "usual")
    languages = [
        code
        for one in listed(patient, "communication")
        for coding in listed(one.get("language") or {}, "coding")
        if isinstance(code := coding.get("code"), str)
    ]
    organisation = patient.get("managingOrganization")
    return Known(
        name=official or usual,
        called=usual if official else _first_given(patient),
        born=_day(patient.get("birthDate")),
        email=_reached(patient, "email"),
        phone=_reached(patient, "phone"),
        language=languages[0] if languages else "en",
        time_zone=_text(extended(patient, "time-zone")),
        procedure=_text(extended(patient, "procedure")),
        discharged_on=_day(extended(patient, "discharged-on")),
        care_team=_text(organisation.get("display")) if isinstance(organisation, dict) else "",
    )


def _name(patient: Resource, use: str) -> str:
    """The name of this use; of an official one that is not marked, the first."""
    names = listed(patient, "name")
    marked = [one for one in names if one.get("use") == use]
    unmarked = [one for one in names if use == "official" and one.get("use") not in ("usual", "old", "maiden")]
    for one in marked or unmarked:
        given = [part for part in one.get("given") or [] if isinstance(part, str)]
        text = _text(one.get("text")) or " ".join([*given, _text(one.get("family"))]).strip()
        if text:
            return text
    return ""


def _first_given(patient: Resource) -> str:
    for one in listed(patient, "name"):
        for part in one.get("given") or []:
            if isinstance(part, str) and part:
                return part
    return ""


def _reached(patient: Resource, system: str) -> str:
    for one in listed(patient, "telecom"):
        if one.get("system") == system and isinstance(one.get("value"), str):
            return str(one["value"])
    return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _day(value: Any) -> date | None:
    """A full date; FHIR allows a year alone, which is not enough to let anybody in."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
