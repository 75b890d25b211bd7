"""What was corrected in a record: what it said, what it says now, who asked, and why (GDPR Art. 16).

Corrections are sealed under the patient's key, shown beside the record, and part of
every copy. The verb that corrects records the audit entry, which names the correction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import capfirst

from compliance import audit, people
from compliance.models import Correction


@dataclass(frozen=True)
class Provenance:
    asked_by: Correction.AskedBy = Correction.AskedBy.STAFF
    why: str = ""


def keep(row: models.Model, changed: Mapping[str, tuple[str, str]], provenance: Provenance) -> UUID | None:
    """Note that fields of `row` changed, field → (was, now); returns their group, or None if nothing changed.

    `row` must say whose data it is (`sealed_for`). Call in the transaction of the change.
    """
    if not changed:
        return None
    group = uuid4()
    patient_id: UUID = row.sealed_for()  # type: ignore[attr-defined]
    for field, (was, now) in changed.items():
        Correction.objects.create(
            group=group,
            patient_id=patient_id,
            table=row._meta.label,
            row=str(row.pk),
            field=field,
            was=was,
            now=now,
            asked_by=provenance.asked_by,
            why=provenance.why.strip(),
            at=timezone.now(),
            actor=audit.current_actor().name,
        )
    return group


def of(patient_id: UUID) -> QuerySet[Any]:
    """Newest first."""
    return Correction.objects.filter(patient_id=patient_id).order_by("-at", "field")


@dataclass(frozen=True)
class Told:
    """A correction as pages show it."""

    what: str
    row: Correction
    by: str


def told(patient_id: UUID, at_most: int = 50) -> list[Told]:
    rows = list(of(patient_id)[:at_most])
    directory = people.Directory([row.actor for row in rows], [])
    return [Told(capfirst(row.field.replace("_", " ")), row, directory.who(row.actor)) for row in rows]
