"""The officer takes part of the trail away: CSV for a spreadsheet, FHIR AuditEvents one a line for a machine."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from compliance import audit, fhir, trail
from compliance.models import AuditEvent
from compliance.trail import Filters

BATCH = 500
_HEADINGS = ("number", "at", "action", "kind", "sentence", "actor", "where", "patient", "subject", "outcome", "reason")


class _Echo:
    """A file that hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def as_csv(filters: Filters) -> Iterator[str]:
    writer: Any = csv.writer(_Echo())
    yield writer.writerow(_HEADINGS)
    for line in _lines(filters):
        yield writer.writerow([_harmless(str(value)) for value in _row(line)])


def as_fhir(filters: Filters) -> Iterator[str]:
    for event in trail.select(filters).order_by("id").iterator(BATCH):
        yield json.dumps(fhir.audit_event(event), ensure_ascii=False) + "\n"


def _lines(filters: Filters) -> Iterator[trail.Line]:
    batch: list[AuditEvent] = []
    for event in trail.select(filters).order_by("id").select_related("leaf").iterator(BATCH):
        batch.append(event)
        if len(batch) == BATCH:
            yield from trail.describe(batch)
            batch = []
    yield from trail.describe(batch)


def _row(line: trail.Line) -> tuple[Any, ...]:
    event, action = line.event, audit.declared().get(line.event.action)
    kind = action.kind if action else ""
    who = (event.actor, event.where, event.patient_id or "", event.subject)
    return (event.pk, event.at.isoformat(), event.action, kind, line.sentence, *who, event.outcome, event.reason)


def _harmless(text: str) -> str:
    """A cell that a spreadsheet takes for a formula is quoted (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
