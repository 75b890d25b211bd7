"""A copy of everything about one patient (GDPR Arts. 15 and 20): data.json, a page to read, and a FHIR bundle."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone

from compliance import audit, fhir, people, personal, retention, trail
from compliance.models import AuditEvent

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


def archive(patient_id: UUID) -> bytes:
    """A zip archive. Recorded before a byte of it leaves."""
    audit.record(COPIED, patient_id=patient_id)
    tables, seen = gather(patient_id), who_saw(patient_id)
    records = {keeper.name: keeper.export(patient_id) for keeper in retention.keepers().values()}
    told = {"made_at": timezone.now().isoformat(), "records": records, "tables": tables, "who_saw": seen}
    page = render_to_string(
        "compliance/copy.html", {"sections": _sections(tables), "seen": seen, **_heading(patient_id)}
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive_:
        archive_.writestr("data.json", json.dumps(told, ensure_ascii=False, indent=1))
        archive_.writestr("read-me-first.html", page)
        archive_.write(_STYLE, "copy.css")
        archive_.writestr("fhir-bundle.json", json.dumps(fhir.bundle(patient_id), ensure_ascii=False, indent=1))
    return target.getvalue()


def _heading(patient_id: UUID) -> dict[str, Any]:
    patient = people.patient(patient_id)
    return {"name": people.short_name(patient) if patient else "", "made_at": timezone.now()}


def _sections(tables: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """For people: what each table is for, and its rows without keys and codes of machines."""
    purposes = {table.label: table.purpose for table in personal.tables()}
    return [
        {"purpose": purposes[label], "rows": [_readable(row) for row in rows]} for label, rows in tables.items() if rows
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
