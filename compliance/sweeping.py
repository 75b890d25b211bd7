"""The retention sweep: removes what is older than its description in `data_map` allows.

Runs daily. A legal hold or a restriction wins over any age. The audit trail and the consent ledger are
never swept: they hold references only.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from compliance import audit, data_map, personal, restriction, rights
from compliance.data_map import About, Description

SWEPT = audit.action("retention.swept", "{actor} removed what had reached its age", "D")


def sweep(now: datetime) -> dict[str, int]:
    """Remove what has reached its age at `now`; how many rows of each table."""
    held = rights.held() | restriction.everybody()
    counts = {}
    for table in data_map.descriptions().values():
        if table.keep_for and not table.survives_erasure:
            removed = _sweep(table, now - table.keep_for, held)
            if removed:
                counts[table.label] = removed
    with transaction.atomic():
        audit.record(SWEPT, detail=counts)
    return counts


def _sweep(table: Description, before: datetime, held: frozenset[UUID]) -> int:
    old: QuerySet[Any] = table.model._default_manager.filter(**{f"{table.dated}__lt": before})
    if table.about is About.PATIENT and held:
        old = old.exclude(**{f"{personal.path_to_patient(table.model)}__in": held})
    with transaction.atomic():
        if table.when_removed:
            for row in old.iterator():
                table.when_removed(row)
        return int(old.delete()[0])
