"""Breach scope: which patients could this account, this address, this day or this document have exposed?

One question to the audit trail; HIPAA gives 60 days for the answer, GDPR 72 hours.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.fields.json import KT

from compliance.models import AuditEvent


@dataclass(frozen=True)
class Named:
    """What lists name in the audit trail: which patients such things are of, and which are a patient's."""

    whose: Callable[[Collection[UUID]], Mapping[UUID, UUID]]
    of: Callable[[UUID], Collection[UUID]]


_lists = {"patients": Named(lambda ids: {one: one for one in ids}, lambda patient_id: [patient_id])}


def lists(key: str, named: Named) -> None:
    """Entries with `key` in their detail name many things by id, comma by comma."""
    _lists[key] = named


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
    without_patient: int  # entries in scope that name no patient, such as sign-ins


def report(scope: Scope) -> Report:
    """Raises `ValueError` for an empty scope: that would name everybody."""
    if not scope.given:
        raise ValueError("say which account, address, time or document")
    found = AuditEvent.objects.filter(_wanted(scope)).exclude(outcome="refused")
    rows: Any = (
        found.exclude(patient_id=None)
        .values("patient_id")
        .annotate(times=Count("id"), first=Min("at"), last=Max("at"))
        .order_by()
    )
    others = found.filter(patient_id=None)
    shown = others.filter(detail__has_any_keys=list(_lists))
    exposures = _together([*(Exposure(**row) for row in rows), *_in_lists(shown)])
    return Report(exposures, others.exclude(detail__has_any_keys=list(_lists)).count())


def listings_of(patient_id: UUID) -> QuerySet[AuditEvent]:
    """The entries about lists in which this patient stood. Reads through all lists that there were."""
    named = Q()
    for key, things in _lists.items():
        for id_ in things.of(patient_id):
            named |= Q(**{f"{key}__contains": str(id_)})
    keys = {key: KT(f"detail__{key}") for key in _lists}
    return AuditEvent.objects.filter(patient_id=None, detail__has_any_keys=list(_lists)).alias(**keys).filter(named)


def _in_lists(shown: QuerySet[AuditEvent]) -> Iterator[Exposure]:
    """One exposure for each thing that a list showed."""
    times: defaultdict[str, defaultdict[UUID, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for at, detail in shown.values_list("at", "detail").iterator():
        for key in _lists.keys() & detail.keys():
            for id_ in filter(None, detail[key].split(",")):
                times[key][UUID(id_)].append(at)
    for key, found in times.items():
        for id_, patient_id in _lists[key].whose(found.keys()).items():
            moments = found[id_]
            yield Exposure(patient_id, len(moments), min(moments), max(moments))


def _together(exposures: Iterable[Exposure]) -> list[Exposure]:
    """One for each patient, the most often touched first."""
    known: dict[UUID, Exposure] = {}
    for one in exposures:
        before = known.get(one.patient_id)
        if before:
            first, last = min(before.first, one.first), max(before.last, one.last)
            one = Exposure(one.patient_id, before.times + one.times, first, last)
        known[one.patient_id] = one
    return sorted(known.values(), key=lambda one: -one.times)


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
