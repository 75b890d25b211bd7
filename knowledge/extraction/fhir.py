"""FHIR resources to pages of plain sentences: what a care team wrote, one section a kind of resource."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from knowledge.errors import Refusal, Refused
from knowledge.extraction import markup, plain
from knowledge.extraction.hidden import cleaned, single_spaced
from knowledge.extraction.pages import BlockKind, Page, PageWriter
from knowledge.extraction.plain import PAGE_CHARACTERS

Resource = dict[str, Any]
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def read(text: str) -> Iterator[Page]:
    """Pages of the sections that hold anything, then those of attached documents. Raises `Refused`."""
    try:
        top = json.loads(text)
        top = _whole(top) if _HALF.search(text) else top
    except (ValueError, RecursionError):
        raise Refused(Refusal.BROKEN) from None
    resources = list(_resources(top))
    number = 0
    for writer in _sections(resources):
        number += 1
        yield _numbered(writer.page(), number)
    for page in _attached(resources):
        number += 1
        yield _numbered(page, number)


def _whole(value: Any) -> Any:
    """`value` with a question mark for each half of a character: JSON can spell one, UTF-8 cannot."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return {_whole(name): _whole(each) for name, each in value.items()} if isinstance(value, dict) else value


def _resources(top: Any) -> Iterator[Resource]:
    if not isinstance(top, dict):
        return
    if top.get("resourceType") == "Bundle":
        for entry in _listed(top, "entry"):
            yield from _resources(entry.get("resource"))
    else:
        yield top


def _numbered(page: Page, number: int) -> Page:
    return Page(number, page.text, page.blocks, page.words, page.hidden, page.width_pt, page.height_pt)


def _sections(resources: list[Resource]) -> Iterator[PageWriter]:
    writer = PageWriter(1)
    for title, kinds, sentence in _SECTIONS:
        lines = dict.fromkeys(line for r in resources if r.get("resourceType") in kinds for line in sentence(r) if line)
        if not lines:
            continue
        if len(writer) > PAGE_CHARACTERS:
            yield writer
            writer = PageWriter(1)
        writer.add(BlockKind.HEADING, title, 2)
        for line in lines:
            if len(writer) > 2 * PAGE_CHARACTERS:
                yield writer
                writer = PageWriter(1)
            seen, found = cleaned(line)
            writer.add(BlockKind.ITEM, single_spaced(seen))
            for why, what in found:
                writer.hide(why, what)
    if len(writer):
        yield writer


def _medicine(resource: Resource) -> Iterator[str]:
    if resource.get("status") in {"stopped", "cancelled", "entered-in-error", "completed", "draft"}:
        return
    name = _words(resource.get("medicationCodeableConcept")) or _reference(resource.get("medicationReference"))
    if not name:
        return
    reason = "; ".join(filter(None, (_words(each) for each in _listed(resource, "reasonCode"))))
    for dosage in _listed(resource, "dosageInstruction") or _listed(resource, "dosage") or [{}]:
        text = _text(dosage, "text") or _dosage(dosage)
        yield f"{name}: {text}" + (f", for {reason}" if reason else "") if text else name


def _dosage(dosage: Resource) -> str:
    rates = _listed(dosage, "doseAndRate")
    quantity = rates[0].get("doseQuantity") if rates else None
    dose = f"{quantity.get('value', '')} {quantity.get('unit', '')}".strip() if isinstance(quantity, dict) else ""
    return " ".join(filter(None, (dose, _words(dosage.get("route")), _timing(dosage.get("timing")))))


def _timing(timing: Any) -> str:
    if not isinstance(timing, dict):
        return ""
    if _words(timing.get("code")):
        return _words(timing.get("code"))
    repeat = timing.get("repeat")
    if not isinstance(repeat, dict) or not repeat.get("period"):
        return ""
    units = {"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month"}
    unit = units.get(str(repeat.get("periodUnit")), "")
    count, period = repeat.get("frequency", 1), repeat["period"]
    times = {1: "once", 2: "twice"}.get(count, f"{count} times")
    return f"{times} every {unit}" if period == 1 else f"{times} every {period:g} {unit}s" if unit else ""


def _condition(resource: Resource) -> Iterator[str]:
    status = _code(resource.get("clinicalStatus"))
    if status not in {"resolved", "inactive", "remission"}:
        yield _words(resource.get("code"))


def _care_plan(resource: Resource) -> Iterator[str]:
    if resource.get("status") in {"revoked", "completed", "entered-in-error", "draft"}:
        return
    yield from (_words(each) for each in _listed(resource, "category"))
    yield _text(resource, "description")
    for activity in _listed(resource, "activity"):
        detail = activity.get("detail")
        if isinstance(detail, dict):
            yield _text(detail, "description") or _words(detail.get("code"))
        yield from _notes(activity)
    yield from _notes(resource)


def _goal(resource: Resource) -> Iterator[str]:
    yield _words(resource.get("description"))


def _appointment(resource: Resource) -> Iterator[str]:
    what = _text(resource, "description") or _words(next(iter(_listed(resource, "serviceType")), None)) or "Appointment"
    when = _text(resource, "start")
    yield f"{what} on {when[:10]} at {when[11:16]}" if len(when) >= 16 else what
    yield _text(resource, "patientInstruction")


def _allergy(resource: Resource) -> Iterator[str]:
    yield _words(resource.get("code"))


def _service(resource: Resource) -> Iterator[str]:
    yield _text(resource, "patientInstruction")
    yield _words(resource.get("code"))


def _communication(resource: Resource) -> Iterator[str]:
    yield from (_text(payload, "contentString") for payload in _listed(resource, "payload"))


_SECTIONS: tuple[tuple[str, frozenset[str], Callable[[Resource], Iterator[str]]], ...] = (
    ("Medicines", frozenset({"MedicationRequest", "MedicationStatement"}), _medicine),
    ("Allergies", frozenset({"AllergyIntolerance"}), _allergy),
    ("Conditions", frozenset({"Condition"}), _condition),
    ("Care plan", frozenset({"CarePlan"}), _care_plan),
    ("Goals", frozenset({"Goal"}), _goal),
    ("Appointments", frozenset({"Appointment"}), _appointment),
    ("Instructions", frozenset({"ServiceRequest"}), _service),
    ("Messages", frozenset({"Communication", "CommunicationRequest"}), _communication),
)


def _attached(resources: list[Resource]) -> Iterator[Page]:
    for resource in resources:
        if resource.get("resourceType") == "DocumentReference":
            for content in _listed(resource, "content"):
                yield from _attachment(content.get("attachment"))
        elif resource.get("resourceType") == "Composition":
            for section in _listed(resource, "section"):
                narrative = section.get("text")
                if isinstance(narrative, dict) and isinstance(narrative.get("div"), str):
                    yield from markup.read(f"<h2>{_text(section, 'title')}</h2>{narrative['div']}")


def _attachment(attachment: Any) -> Iterator[Page]:
    if not isinstance(attachment, dict) or not isinstance(attachment.get("data"), str):
        return
    try:
        text = base64.b64decode(attachment["data"], validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return
    kind = _text(attachment, "contentType")
    if "html" in kind:
        yield from markup.read(text)
    elif kind.startswith("text/"):
        yield from plain.read(text, markdown="markdown" in kind)


def _listed(resource: Any, name: str) -> list[Resource]:
    value = resource.get(name) if isinstance(resource, dict) else None
    value = [value] if isinstance(value, dict) else value
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(resource: Any, name: str) -> str:
    value = resource.get(name) if isinstance(resource, dict) else None
    return single_spaced(value) if isinstance(value, str) else ""


def _words(concept: Any) -> str:
    """A CodeableConcept as words."""
    if not isinstance(concept, dict):
        return ""
    return _text(concept, "text") or next(filter(None, (_text(c, "display") for c in _listed(concept, "coding"))), "")


def _code(concept: Any) -> str:
    return next((_text(coding, "code") for coding in _listed(concept, "coding")), "")


def _reference(reference: Any) -> str:
    return _text(reference, "display")


def _notes(resource: Resource) -> Iterator[str]:
    yield from (_text(note, "text") for name in ("note", "progress") for note in _listed(resource, name))
