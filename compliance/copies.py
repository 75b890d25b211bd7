"""A copy of everything about one patient (GDPR Arts. 15 and 20): data.json, a page to read, on paper, and as FHIR."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from compliance import audit, fhir, paper, people, personal, restriction, retention, trail
from compliance.models import AuditEvent
from compliance.paper import Section

COPIED = audit.action("rights.copied", "{actor} made a copy of everything about {patient}", "R")
_STYLE = Path(__file__).parent / "static" / "compliance" / "copy.css"
_LEFT_OUT = {"compliance.PatientKey", "compliance.AuditEvent"}  # a key is no data; the trail is told in sentences


def gather(patient_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """Every row about this patient, opened, by table."""
    return {
        table.label: [personal.plain(row) for row in personal.rows(table, patient_id).order_by("pk").iterator()]
        for table in personal.tables()
        if table.label not in _LEFT_OUT
    }


def who_saw(patient_id: UUID) -> list[dict[str, str]]:
    """The patient's part of the audit trail, in words."""
    events = list(AuditEvent.objects.filter(patient_id=patient_id).order_by("id"))
    return [{"at": line.event.at.isoformat(), "what": line.sentence} for line in trail.describe(events)]


def archive(patient_id: UUID, *, for_patient: bool = False) -> bytes:
    """A zip archive. Recorded before a byte of it leaves.

    Raises `Restricted` unless the patient asked for it: their own copy is never refused (GDPR Art. 18(2)).
    """
    if not for_patient:
        restriction.require(patient_id)
    audit.record(COPIED, patient_id=patient_id, detail={"for_patient": for_patient})
    tables, seen = gather(patient_id), who_saw(patient_id)
    records = {keeper.name: keeper.export(patient_id) for keeper in retention.keepers().values()}
    told = {"made_at": timezone.now().isoformat(), "records": records, "tables": tables, "who_saw": seen}
    sections, heading = _sections(tables), _heading(patient_id)
    page = render_to_string("compliance/copy.html", {"sections": sections, "seen": seen, **heading})
    looked = Section(_("Who saw or changed it"), [[(line["at"][:16], line["what"])] for line in seen])
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive_:
        archive_.writestr("data.json", json.dumps(told, ensure_ascii=False, indent=1))
        archive_.writestr("read-me-first.html", page)
        archive_.writestr("read-me-first.pdf", paper.pdf(sections=[*sections, looked], **heading))
        archive_.write(_STYLE, "copy.css")
        archive_.writestr("fhir-bundle.json", json.dumps(fhir.bundle(patient_id), ensure_ascii=False, indent=1))
    return target.getvalue()


def _heading(patient_id: UUID) -> dict[str, Any]:
    patient = people.patient(patient_id)
    return {"name": people.short_name(patient) if patient else "", "made_at": timezone.now()}


def _sections(tables: dict[str, list[dict[str, Any]]]) -> list[Section]:
    """For people: what each table is for, and its rows without keys and codes of machines."""
    purposes = {table.label: table.purpose for table in personal.tables()}
    return [
        Section(capfirst(purposes[label]), [_readable(row) for row in rows]) for label, rows in tables.items() if rows
    ]


def _readable(row: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (
            name.replace("_", " "),
            json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value),
        )
        for name, value in row.items()
        if value not in (None, "") and name not in {"vector", "lexemes"} and not name.endswith(("_id", "sha256"))
    ]
