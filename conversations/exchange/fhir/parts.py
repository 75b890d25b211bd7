"""Pieces that every FHIR resource is made of. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

Resource = dict[str, Any]
SYSTEM = "https://aftercare.example/fhir"
HL7 = "http://terminology.hl7.org/CodeSystem"


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def reference(type_: str, key: UUID | str, display: str = "") -> Resource:
    return without_empty({"reference": f"{type_}/{key}", "display": display})


def coded(system: str, code: str, text: str = "") -> Resource:
    """A CodeableConcept of one code."""
    return without_empty({"coding": [{"system": system, "code": code}], "text": text})


def without_empty(resource: Resource) -> Resource:
    """FHIR knows no empty strings, lists or objects: what is empty is left out."""
    return {name: value for name, value in resource.items() if value not in (None, "", [], {})}


def extension(name: str, **value: Any) -> list[Resource]:
    """One extension of ours, `value…` named as FHIR does; none if the value is empty."""
    filled = without_empty(value)
    return [{"url": f"{SYSTEM}/{name}", **filled}] if filled else []


def extended(resource: Resource, name: str) -> Any:
    """The value of an extension of ours, whatever its type; None without it."""
    for one in listed(resource, "extension"):
        if one.get("url") == f"{SYSTEM}/{name}":
            return next((value for key, value in one.items() if key.startswith("value")), one)
    return None


def listed(resource: Resource, name: str) -> list[Resource]:
    """The objects in a list, and nothing else that a stranger may have put there."""
    found = resource.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def words(concept: Any) -> str:
    """The text of a CodeableConcept, or the first display of its codings."""
    if not isinstance(concept, dict):
        return ""
    candidates: Iterable[Any] = (concept.get("text"), *(one.get("display") for one in listed(concept, "coding")))
    return next((one for one in candidates if isinstance(one, str) and one), "")
