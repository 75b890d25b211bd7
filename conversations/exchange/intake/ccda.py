"""Who a C-CDA document is about: its header. The sections are read by `knowledge.extraction`. Pure."""

from datetime import date
from xml.etree.ElementTree import Element, ParseError  # types only; defusedxml parses

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from conversations.exchange.fhir.people import Known

_NS = {"v3": "urn:hl7-org:v3"}


class NoXml(ValueError):
    pass


def known(data: bytes) -> Known:
    """Raises `NoXml`, or another `ValueError` if this is no clinical document."""
    try:
        root: Element = fromstring(data)
    except (ParseError, DefusedXmlException, LookupError, RecursionError):
        raise NoXml from None
    if root.tag != f"{{{_NS['v3']}}}ClinicalDocument":
        raise ValueError("no ClinicalDocument")
    role = root.find("v3:recordTarget/v3:patientRole", _NS)
    patient = role.find("v3:patient", _NS) if role is not None else None
    if role is None or patient is None:
        return Known()
    name = _name(patient)
    stay = "v3:componentOf/v3:encompassingEncounter"
    left = _value(root, f"{stay}/v3:effectiveTime/v3:high") or _value(root, "v3:effectiveTime")
    return Known(
        name=name,
        called=(patient.findtext("v3:name/v3:given", "", _NS) or name.partition(" ")[0]).strip(),
        born=_day(_value(patient, "v3:birthTime")),
        email=_reached(role, "mailto:"),
        phone=_reached(role, "tel:"),
        procedure=(root.findtext("v3:title", "", _NS).strip() or "Discharge")[:200],
        discharged_on=_day(left),
    )


def _name(patient: Element) -> str:
    parts = [part.text or "" for name in patient.findall("v3:name", _NS)[:1] for part in name]
    return " ".join(" ".join(parts).split())


def _reached(role: Element, scheme: str) -> str:
    for one in role.findall("v3:telecom", _NS):
        value = one.get("value", "")
        if value.startswith(scheme):
            return value.removeprefix(scheme)
    return ""


def _value(element: Element, path: str) -> str:
    found = element.find(path, _NS)
    return found.get("value", "") if found is not None else ""


def _day(text: str) -> date | None:
    """HL7's 20140917…, to the day."""
    try:
        return date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:8]}")
    except ValueError:
        return None
