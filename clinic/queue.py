"""The queue as it is read: which escalations wait, in which order, and each one's row.

The page, its WebSocket and its fallback all show rows made here.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.translation import get_language

from clinic import call_backs, ladder, live_calls
from clinic.discharge_plan import Severity
from clinic.models import CallBack, Escalation

KEPT_ROWS = 2000
PIECE = 250  # rows rendered, written down and sent at once: a quarter of a second's work, or so


@dataclass(frozen=True)
class Seen:
    """What a page needs to know to tell whether its row is current."""

    team_id: UUID
    patient_id: UUID
    version: int


@dataclass(frozen=True)
class Row:
    """`key` sorts rows as text: most severe first, then those nobody has, then the oldest."""

    id: str
    key: str
    version: int
    severity: str
    owned: bool
    title: str
    team: str
    raised_ms: int  # Unix time
    html: str

    def as_json(self) -> dict[str, str | int | bool]:
        return dict(vars(self))


_rendered: OrderedDict[tuple[UUID, int, str], Row] = OrderedDict()


def waiting(only: Collection[UUID] | None = None) -> dict[UUID, Seen]:
    """Every open escalation of the clinic, or those of `only` that are open."""
    found = Escalation.objects.exclude(state=Escalation.State.RESOLVED)
    if only is not None:
        found = found.filter(pk__in=only)
    rows = found.values_list("id", "patient__care_team_id", "patient_id", "version")
    return {row[0]: Seen(*row[1:]) for row in rows}


@dataclass(frozen=True)
class Look:
    """What waits, of whom; rows that somebody lacks; and whether there are more of these for the next look."""

    found: dict[UUID, Seen]
    rows: list[Row]
    more: bool


def look(only: Collection[UUID] | None, hinted: Collection[UUID], lacking: Callable[[UUID, Seen], bool]) -> Look:
    """What is `waiting`, and at most `PIECE` rows of it that are `lacking`: those `hinted` at first."""
    found = waiting(only)
    wanted = [key for key, seen in found.items() if lacking(key, seen)]
    piece = wanted if len(wanted) <= PIECE else _most_pressing(wanted, hinted)[:PIECE]
    return Look(found, rows(piece) if piece else [], len(piece) < len(wanted))


def _most_pressing(escalation_ids: Collection[UUID], hinted: Collection[UUID]) -> list[UUID]:
    """Those hinted at, then in the order in which the page shows them."""
    facts = Escalation.objects.filter(pk__in=escalation_ids).values_list(
        "id", "severity", "acknowledged_by_id", "raised_at"
    )
    keys = {key: sort_key(severity, owner is not None, raised.timestamp()) for key, severity, owner, raised in facts}
    return sorted(keys, key=lambda key: (key not in hinted, keys[key]))


def newer(current: Mapping[UUID, int], had: Mapping[UUID, int]) -> tuple[set[UUID], set[UUID]]:
    """What to show afresh and what to take away, for a page that has `had`. Pure."""
    changed = {key for key, version in current.items() if had.get(key) != version}
    return changed, had.keys() - current.keys()


def rows(escalation_ids: Iterable[UUID]) -> list[Row]:
    """The rows, in order. A row is rendered once for all pages that show it."""
    wanted = Escalation.objects.filter(pk__in=escalation_ids).select_related("patient__care_team", "acknowledged_by")
    escalations = list(wanted)
    live = live_calls.live({one.session_id for one in escalations if one.session_id})
    promised = call_backs.planned_for([one.pk for one in escalations])
    made = (_row(one, one.session_id in live, promised.get(one.pk)) for one in escalations)
    return sorted(made, key=lambda row: row.key)


def sort_key(severity: str, owned: bool, raised_s: float) -> str:
    """Pure. As text, so that the page can sort without knowing why."""
    return f"{9 - Severity(severity).order}.{int(owned)}.{raised_s:014.3f}"


def _incident_at(escalation: Escalation) -> datetime:
    return ladder.overdue_at(Severity(escalation.severity), escalation.paging_since or escalation.raised_at)


def _row(escalation: Escalation, live: bool, call_back: CallBack | None) -> Row:
    known = (escalation.pk, escalation.version, get_language() or "")
    if known in _rendered:
        _rendered.move_to_end(known)
        return _rendered[known]
    owned = escalation.acknowledged_by_id is not None
    row = Row(
        id=str(escalation.pk),
        key=sort_key(escalation.severity, owned, escalation.raised_at.timestamp()),
        version=escalation.version,
        severity=escalation.severity,
        owned=owned,
        title=escalation.patient.name,
        team=escalation.patient.care_team.name,
        raised_ms=int(escalation.raised_at.timestamp() * 1000),
        html=render_to_string(
            "clinic/parts/queue_row.html",
            {"escalation": escalation, "live": live, "call_back": call_back, "incident_at": _incident_at(escalation)},
        ),
    )
    _rendered[known] = row
    while len(_rendered) > KEPT_ROWS:
        _rendered.popitem(last=False)
    return row
