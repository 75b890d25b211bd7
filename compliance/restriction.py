"""Restriction of processing (GDPR Art. 18): data is kept, and not used, until somebody lifts it with a reason.

While one stands, no call begins and a running one ends within two seconds
(`consent.granted` is empty), nothing is remembered or recalled, the papers are not
searched, no reminder goes out, nothing ages out, and no copy leaves but the patient's
own. What the patient already reported stays in the queue: a life may depend on it.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.errors import NoReason, Restricted
from compliance.models import Restriction

PLACED = audit.action("restriction.placed", "{actor} restricted the use of the data of {patient}", "C")
LIFTED = audit.action("restriction.lifted", "{actor} allowed the use of the data of {patient} again", "U")

SHORTEST_REASON = 5  # characters


def place(patient_id: UUID, by: Any, ground: Restriction.Ground) -> Restriction:
    """From now on. One that stands is returned as it is."""
    with transaction.atomic():
        restriction, made = Restriction.objects.get_or_create(
            patient_id=patient_id,
            lifted_at=None,
            defaults={"ground": ground, "placed_by": by, "placed_at": timezone.now()},
        )
        if made:
            detail = {"ground": str(ground)}
            audit.record(PLACED, patient_id=patient_id, subject=f"restriction:{restriction.pk}", detail=detail)
    return restriction


def lift(restriction: Restriction, by: Any, reason: str) -> None:
    """Raises `NoReason`."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise NoReason(f"a reason has {SHORTEST_REASON} characters or more")
    with transaction.atomic():
        locked = Restriction.objects.select_for_update().get(pk=restriction.pk)
        if locked.lifted_at:
            return
        locked.lifted_by, locked.lifted_at, locked.lifted_because = by, timezone.now(), reason.strip()
        locked.save(update_fields=["lifted_by", "lifted_at", "lifted_because"])
        audit.record(LIFTED, patient_id=locked.patient_id, subject=f"restriction:{locked.pk}")


def stands(patient_id: UUID) -> bool:
    return Restriction.objects.filter(patient_id=patient_id, lifted_at=None).exists()


def require(patient_id: UUID) -> None:
    """Raise `Restricted` while one stands: whoever uses a patient's data asks first."""
    if stands(patient_id):
        raise Restricted("the use of this patient's data is restricted")


def everybody() -> frozenset[UUID]:
    """The patients whose data is restricted now."""
    return frozenset(Restriction.objects.filter(lifted_at=None).values_list("patient_id", flat=True))
