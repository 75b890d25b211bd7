"""Reading the audit trail: filters, order, and pages that stay fast over millions of entries.

Paging goes by key, not by offset: `after` names the last entry of the page before.
Addresses hold ids and codes only, never a name.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from compliance import audit
from compliance.models import AuditEvent
from compliance.models.audit import PATIENT_OR_NOBODY
from compliance.people import Directory

PAGE = 50
# What may be sorted by, each with an index. A patient may be absent, and a key must not be.
COLUMNS: dict[str, Any] = {
    "when": F("id"),
    "who": F("actor"),
    "what": F("action"),
    "patient": PATIENT_OR_NOBODY,
    "outcome": F("outcome"),
    "where": F("where"),
}
KINDS = {"C": "made", "R": "read", "U": "changed", "D": "removed", "E": "did"}


@dataclass(frozen=True)
class Filters:
    """What the officer asked to see. Every part may be empty."""

    actor: str = ""
    action: str = ""
    kind: str = ""
    outcome: str = ""
    subject: str = ""
    patient: UUID | None = None
    since: date | None = None
    until: date | None = None
    sort: str = "when"
    up: bool = False  # ascending
    after: str = ""

    @classmethod
    def read(cls, query: Mapping[str, Any]) -> "Filters":
        """From an address. What makes no sense is left out rather than refused."""
        sort = str(query.get("sort", "when"))
        return cls(
            actor=str(query.get("actor", ""))[:80],
            action=str(query.get("action", ""))[:80],
            kind=str(query.get("kind", ""))[:1],
            outcome=str(query.get("outcome", ""))[:16],
            subject=str(query.get("subject", ""))[:120],
            patient=_uuid(query.get("patient")),
            since=_day(query.get("since")),
            until=_day(query.get("until")),
            sort=sort if sort in COLUMNS else "when",
            up=query.get("up") == "1",
            after=str(query.get("after", ""))[:400],
        )

    def address(self, **changes: Any) -> str:
        """The query string of these filters with `changes`. A changed filter begins at the first page."""
        new = replace(self, **{"after": "", **changes})
        told = {name: getattr(new, name) for name in self.__dataclass_fields__}
        told["up"] = "1" if new.up else ""
        if new.sort == "when":
            told["sort"] = ""
        return urlencode({name: str(value) for name, value in told.items() if value})

    @property
    def chosen(self) -> bool:
        return bool(
            self.actor
            or self.action
            or self.kind
            or self.outcome
            or self.subject
            or self.patient
            or self.since
            or self.until
        )


@dataclass(frozen=True)
class Line:
    """One entry as it is shown."""

    event: AuditEvent
    sentence: str
    who: str
    patient: str
    sealed: bool


@dataclass(frozen=True)
class Page:
    lines: list[Line] = field(default_factory=list)
    next: str = ""  # the `after` of the next page, or empty


def page(filters: Filters, size: int = PAGE) -> Page:
    found = select(filters).annotate(key=COLUMNS[filters.sort])
    ordered = _past(found, filters).order_by(*_order(filters)).select_related("leaf")
    events: list[Any] = list(ordered[: size + 1])
    after = _bookmark(events[size - 1]) if len(events) > size else ""
    return Page(lines=list(describe(events[:size])), next=after)


def select(filters: Filters) -> QuerySet[AuditEvent]:
    """All entries that the filters let through, in no order."""
    wanted = Q()
    for name in ("actor", "action", "outcome", "subject"):
        if value := getattr(filters, name):
            wanted &= Q(**{name: value})
    if filters.kind:
        wanted &= Q(action__in=[code for code, action in audit.declared().items() if action.kind == filters.kind])
    if filters.patient:
        wanted &= Q(patient_id=filters.patient)
    if filters.since:
        wanted &= Q(at__gte=_midnight(filters.since))
    if filters.until:
        wanted &= Q(at__lt=_midnight(filters.until + timedelta(days=1)))
    return AuditEvent.objects.filter(wanted)


def describe(events: list[AuditEvent]) -> Iterator[Line]:
    directory = Directory((event.actor for event in events), (event.patient_id for event in events))
    for event in events:
        yield Line(
            event=event,
            sentence=sentence(event, directory),
            who=directory.who(event.actor),
            patient=directory.patient(event.patient_id) if event.patient_id else "",
            sealed=hasattr(event, "leaf"),
        )


def sentence(event: AuditEvent, directory: Directory) -> str:
    """ "Dr Osei read the transcript of Maria L.'s call"."""
    action = audit.declared().get(event.action)
    template = _(action.sentence) if action else _("{actor} did something this version has no words for")
    return template.format(actor=directory.who(event.actor), patient=directory.patient(event.patient_id))


def _order(filters: Filters) -> tuple[str, ...]:
    """One direction is the other backwards, so one index serves both. Going up, the latest of equals comes first."""
    if filters.sort == "when":
        return ("id",) if filters.up else ("-id",)
    return ("key", "-id") if filters.up else ("-key", "id")


def _past(found: QuerySet[Any], filters: Filters) -> QuerySet[Any]:
    """Only what comes after the last entry of the page before."""
    bookmark = _read_bookmark(filters.after)
    if bookmark is None or (filters.sort == "patient" and _uuid(bookmark[0]) is None):
        return found
    value, id_ = bookmark
    if filters.sort == "when":
        return found.filter(id__gt=id_) if filters.up else found.filter(id__lt=id_)
    beyond, older = ("gt", Q(id__lt=id_)) if filters.up else ("lt", Q(id__gt=id_))
    # The first condition is implied by the second; it is what an index can use.
    return found.filter(**{f"key__{beyond}e": value}).filter(Q(**{f"key__{beyond}": value}) | Q(key=value) & older)


def _bookmark(event: Any) -> str:
    told = json.dumps([str(event.key), event.pk])
    return base64.urlsafe_b64encode(told.encode()).decode()


def _read_bookmark(text: str) -> tuple[str, int] | None:
    try:
        value, id_ = json.loads(base64.urlsafe_b64decode(text.encode()))
        return str(value), int(id_)
    except (ValueError, TypeError, binascii.Error):
        return None


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
