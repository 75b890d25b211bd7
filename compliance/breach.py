"""Breach scope: which patients could this account, this address, this day or this document have exposed?

One question to the audit trail; HIPAA gives 60 days for the answer, GDPR 72 hours.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q

from compliance.models import AuditEvent


@dataclass(frozen=True)
class Scope:
    """What is suspected. At least one part must be given; all given parts must hold."""

    actor: str = ""
    where: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def given(self) -> bool:
        return bool(self.actor or self.where or self.subject or self.since or self.until)


@dataclass(frozen=True)
class Exposure:
    """A patient whose record was touched within the scope."""

    patient_id: UUID
    times: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Report:
    exposures: list[Exposure]
    without_patient: int  # entries in scope that name no patient, such as lists that were looked through


def report(scope: Scope) -> Report:
    """Raises `ValueError` for an empty scope: that would name everybody."""
    if not scope.given:
        raise ValueError("say which account, address, time or document")
    found = AuditEvent.objects.filter(_wanted(scope)).exclude(outcome="refused")
    rows: Any = (
        found.exclude(patient_id=None)
        .values("patient_id")
        .annotate(times=Count("id"), first=Min("at"), last=Max("at"))
        .order_by("-times")
    )
    return Report([Exposure(**row) for row in rows], found.filter(patient_id=None).count())


def _wanted(scope: Scope) -> Q:
    wanted = Q()
    for name in ("actor", "where", "subject"):
        if value := getattr(scope, name):
            wanted &= Q(**{name: value})
    if scope.since:
        wanted &= Q(at__gte=scope.since)
    if scope.until:
        wanted &= Q(at__lt=scope.until)
    return wanted
