"""Breaking the glass: a clinician sees a patient who is not theirs, for an hour, with a reason, and everybody is told.

45 CFR 164.312(a)(2)(ii) asks for emergency access; this is how it is kept honest.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from compliance import audit
from compliance.errors import NeedsAnother, NoReason
from compliance.models import BrokenGlass

BROKEN = audit.action("break_glass.broken", "{actor} broke the glass to see the record of {patient}", "E")
REVIEWED = audit.action(
    "break_glass.reviewed", "{actor} reviewed who broke the glass to see the record of {patient}", "U"
)
TOLD = audit.action(
    "break_glass.told", "Somebody was told that the glass was broken to see the record of {patient}", "E"
)

LASTS = timedelta(minutes=60)
SHORTEST_REASON = 15  # characters


def break_glass(user: Any, patient_id: UUID, reason: str) -> BrokenGlass:
    """Let `user` see this patient for an hour. Raises `NoReason`."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise NoReason(f"a reason has {SHORTEST_REASON} characters or more")
    now = timezone.now()
    with transaction.atomic():
        glass = BrokenGlass.objects.create(
            user=user, patient_id=patient_id, reason=reason.strip(), broken_at=now, ends_at=now + LASTS
        )
        audit.record(BROKEN, patient_id=patient_id, subject=f"glass:{glass.pk}")
    return glass


def broken_by(user_id: UUID, now: datetime | None = None) -> frozenset[UUID]:
    """The patients whom this person may see now because they broke the glass."""
    return broken_by_each([user_id], now)[user_id]


def broken_by_each(user_ids: Collection[UUID], now: datetime | None = None) -> dict[UUID, frozenset[UUID]]:
    moment = now or timezone.now()
    found = BrokenGlass.objects.filter(user_id__in=user_ids, ends_at__gt=moment).exclude(
        verdict=BrokenGlass.Verdict.NOT_JUSTIFIED
    )
    opened: dict[UUID, set[UUID]] = {user_id: set() for user_id in user_ids}
    for user_id, patient_id in found.values_list("user_id", "patient_id"):
        opened[user_id].add(patient_id)
    return {user_id: frozenset(patients) for user_id, patients in opened.items()}


def review(glass: BrokenGlass, by: Any, verdict: BrokenGlass.Verdict) -> None:
    """Say whether it was justified. If not, what is left of the hour ends now. Raises `NeedsAnother`."""
    if glass.user_id == by.pk:
        raise NeedsAnother("nobody reviews themselves")
    with transaction.atomic():
        glass.verdict, glass.reviewed_by, glass.reviewed_at = verdict, by, timezone.now()
        glass.save(update_fields=["verdict", "reviewed_by", "reviewed_at"])
        audit.record(
            REVIEWED, patient_id=glass.patient_id, subject=f"glass:{glass.pk}", detail={"verdict": verdict.value}
        )
