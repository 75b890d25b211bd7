"""What a file of another system says, as records of one patient each. Pure: bytes in, records or a refusal out."""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import PurePath
from typing import Any

from clinic.discharge_plan import DischargePlan
from conversations.exchange.fhir import people, plan
from conversations.exchange.fhir.parts import Resource, listed, words
from conversations.exchange.fhir.people import Known
from conversations.exchange.intake import ccda

MOST_BYTES = 50 * 1024 * 1024
_ABOUT = ("subject", "patient", "beneficiary", "for", "individual")
_DEPTH = 3  # bundles within bundles


class NotTaken(Exception):
    """The text is a sentence that says why, and what to do. It holds nothing of the file."""


@dataclass(frozen=True)
class Paper:
    """A document to read: its file name says of which kind it is."""

    name: str
    data: bytes
    title: str = ""


@dataclass(frozen=True)
class Record:
    """`known` is empty if the file names no patient; `plan` only if we wrote the file ourselves."""

    known: Known | None
    papers: Sequence[Paper] = ()
    plan: DischargePlan | None = None
    resources: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)  # type → how many are kept only where they came from


def read(name: str, data: bytes) -> list[Record]:
    """Raises `NotTaken`."""
    if len(data) > MOST_BYTES:
        raise NotTaken(f"It is larger than {MOST_BYTES // 2**20} MB. Export each patient to a file of their own.")
    suffix = PurePath(name).suffix.lower()
    if suffix in (".xml", ".ccda"):
        return [Record(_ccda(data), [Paper(name, data, "Discharge papers")], resources=1)]
    if suffix == ".ndjson":
        return grouped(lines(data))
    if suffix == ".json":
        return _bundle(name, data)
    return [Record(None, [Paper(name, data, "Discharge papers")], resources=1)]


def grouped(resources: Sequence[Resource]) -> list[Record]:
    """One record a patient; what belongs to nobody in particular goes with each."""
    patients = {str(one.get("id")): one for one in resources if one.get("resourceType") == "Patient"}
    if not patients:
        return [_record(None, resources, _collection(resources))]
    found = []
    for key, patient in patients.items():
        theirs = [one for one in resources if one is patient or _whose(one) in (key, "")]
        theirs = [one for one in theirs if one is patient or one.get("resourceType") != "Patient"]
        found.append(_record(patient, theirs, _collection(theirs)))
    return found


def _bundle(name: str, data: bytes) -> list[Record]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        raise NotTaken("It is not JSON. Export it again.") from None
    if not isinstance(told, dict) or not isinstance(told.get("resourceType"), str):
        raise NotTaken("It holds no FHIR resource.")
    resources = list(_resources(told, _DEPTH))
    if not resources:
        raise NotTaken("It holds no resource that says anything.")
    records = grouped(resources)
    return [_as_it_came(records[0], name, data)] if len(records) == 1 else records


def _as_it_came(record: Record, name: str, data: bytes) -> Record:
    """The only patient's papers are the file itself, byte by byte."""
    return record if record.plan else replace(record, papers=[Paper(name, data, "Hospital record")])


def _record(patient: Resource | None, resources: Sequence[Resource], data: bytes) -> Record:
    known = _completed(people.known(patient), resources) if patient else None
    ours = [one for one in resources if one.get("resourceType") == "CarePlan" and plan.is_ours(one)]
    if not ours:
        return Record(known, [Paper("record.json", data, "Hospital record")], resources=len(resources))
    taken = {"Patient", "CarePlan", "MedicationRequest", "DocumentReference"}
    left = [str(one.get("resourceType")) for one in resources if one.get("resourceType") not in taken]
    return Record(
        known,
        list(_attachments(resources)),
        _our_plan(ours, resources),
        len(resources),
        {type_: left.count(type_) for type_ in sorted(set(left))},
    )


def _our_plan(care_plans: Sequence[Resource], resources: Sequence[Resource]) -> DischargePlan:
    """The approved plan, or else the last."""
    care_plan = next((one for one in care_plans if one.get("status") == "active"), care_plans[-1])
    mine = f"CarePlan/{care_plan.get('id')}"
    requests = [
        one
        for one in resources
        if one.get("resourceType") == "MedicationRequest"
        and any(basis.get("reference") == mine for basis in listed(one, "basedOn"))
    ]
    try:
        return plan.read(listed(care_plan, "activity"), requests)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NotTaken("Its plan was changed since Aftercare wrote it, and cannot be read back.") from None


def _attachments(resources: Iterable[Resource]) -> Iterator[Paper]:
    endings = {"application/pdf": "pdf", "text/plain": "txt", "text/html": "html", "text/markdown": "md"}
    endings |= {"application/cda+xml": "xml", "application/fhir+json": "json"}
    for resource in resources:
        if resource.get("resourceType") != "DocumentReference":
            continue
        for content in listed(resource, "content"):
            told = content.get("attachment")
            attachment: Resource = told if isinstance(told, dict) else {}
            try:
                data = base64.b64decode(attachment.get("data") or "", validate=True)
            except (binascii.Error, ValueError, TypeError):
                continue
            if data:
                ending = endings.get(str(attachment.get("contentType")), "docx")
                yield Paper(f"paper.{ending}", data, str(attachment.get("title") or ""))


def _completed(known: Known, resources: Sequence[Resource]) -> Known:
    """What the Patient does not say, from the latest encounter and procedure."""
    encounters = [one for one in resources if one.get("resourceType") == "Encounter"]
    last = max(encounters, key=lambda one: _ended(one) or date.min, default=None)
    return replace(
        known,
        discharged_on=known.discharged_on or (_ended(last) if last else None),
        procedure=known.procedure or _reason(last, resources),
        called=known.called or known.name.partition(" ")[0],
    )


def _reason(encounter: Resource | None, resources: Sequence[Resource]) -> str:
    told = [words(one) for name in ("reasonCode", "type") for one in listed(encounter or {}, name)]
    procedures = [words(one.get("code")) for one in resources if one.get("resourceType") == "Procedure"]
    return next((text for text in (*told, *reversed(procedures)) if text), "Discharge")[:200]


def _ended(encounter: Resource) -> date | None:
    period = encounter.get("period")
    text = period.get("end") or period.get("start") if isinstance(period, dict) else None
    try:
        return date.fromisoformat(text[:10]) if isinstance(text, str) else None
    except ValueError:
        return None


def _resources(told: Any, depth: int) -> Iterator[Resource]:
    if not isinstance(told, dict):
        return
    if told.get("resourceType") == "Bundle" and depth:
        for entry in listed(told, "entry"):
            yield from _resources(entry.get("resource"), depth - 1)
    elif isinstance(told.get("resourceType"), str):
        yield told


def lines(data: bytes) -> list[Resource]:
    """Bulk data: a resource a line."""
    try:
        found = [json.loads(line) for line in data.decode().splitlines() if line.strip()]
    except (ValueError, RecursionError):
        raise NotTaken("One of its lines is not JSON. Export it again.") from None
    return [one for told in found for one in _resources(told, _DEPTH)]


def _whose(resource: Resource) -> str:
    """The id of the patient whom a resource is about, or "" if it is about none."""
    for name in _ABOUT:
        told = resource.get(name)
        reference = told.get("reference") if isinstance(told, dict) else None
        if isinstance(reference, str) and ("Patient/" in reference or reference.startswith("urn:uuid:")):
            return reference.rpartition("/")[2].removeprefix("urn:uuid:")
    return ""


def _collection(resources: Sequence[Resource]) -> bytes:
    entries = [{"resource": one} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def _ccda(data: bytes) -> Known:
    try:
        return ccda.known(data)
    except ccda.NoXml:
        raise NotTaken("It is not XML, or not safe to read. Export it again.") from None
    except ValueError:
        raise NotTaken(
            "It is XML, but not a whole C-CDA document: one begins with ClinicalDocument, and says who it is about. "
            "Export the whole document, not a section of it."
        ) from None
