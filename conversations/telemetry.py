"""Keeps what calls measure, and reads it back as quantiles.

`switchboard` writes, `metrics` and `dashboard` read. Times, codes and counts only.
"""

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Aggregate, Count, F, FloatField, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone

from clinic.models import Patient
from conversations import tracing
from conversations.models import LinkReport, Session, TurnTiming, Utterance
from conversations.sessions import Claim

STAGES = (*tracing.STAGES, "heard_ms")
LENGTHS = tuple(tracing.LENGTHS)
LATEST_MS = 5000  # between a sound on the wire and in the patient's ear: more is a broken clock
LABELS = ("version", "host", "language", "age_band")
# What the dashboard compares → where it stands.
GROUPS = {"release": "session__release__number", **{label: label for label in LABELS}}
QUANTILES = (0.5, 0.95, 0.99)
# What a browser reports → the most that can be true; more is a broken clock, not a measurement.
REPORTED: Mapping[str, float] = {
    "round_trip_ms": 60_000,
    "jitter_ms": 60_000,
    "lost_share": 1,
    "concealed_share": 1,
    "frozen_ms": 60_000,
    "frames_per_s": 240,
    "offset_ms": 60_000,
}


class Quantile(Aggregate):
    """`percentile_cont(share) WITHIN GROUP (ORDER BY expression)`."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()

    def __init__(self, expression: str, share: float) -> None:
        super().__init__(F(expression), share=share)


@dataclass(frozen=True)
class Spread:
    """A distribution in four numbers. `name` says of what."""

    name: str
    count: int
    p50: float
    p95: float
    p99: float

    def times(self, factor: float) -> "Spread":
        return Spread(self.name, self.count, self.p50 * factor, self.p95 * factor, self.p99 * factor)


@dataclass(frozen=True)
class Hour:
    at: datetime.datetime
    spread: Spread


# -- writing -----------------------------------------------------------------------


def keep_turn(claim: Claim, timing: Mapping[str, Any]) -> None:
    """One turn, once: a repetition changes nothing."""
    language, age_band = group_of(claim.patient_id)
    host = Session.objects.values_list("host", flat=True).get(pk=claim.session_id)
    kept, made = TurnTiming.objects.get_or_create(
        session_id=claim.session_id,
        turn=timing["turn"],
        defaults={
            "at": timezone.now(),
            **{stage: timing.get(stage) for stage in (*STAGES, *LENGTHS)},
            "version": settings.VERSION,
            "host": host,
            "language": language,
            "age_band": age_band,
        },
    )
    if made:
        tracing.turn(timing, _labels(kept), session=str(claim.session_id))


def keep_heard(claim: Claim, turn: int, after_ms: object) -> None:
    """The page heard the first sound of a turn so long after it was sent. A stranger's word, believed within reason."""
    after = _believable(after_ms, LATEST_MS)
    if after is None or after < 0:
        return
    timing = TurnTiming.objects.filter(session_id=claim.session_id, turn=turn, heard_ms=None)
    if timing.update(heard_ms=F("on_wire_ms") + round(after)):
        kept = TurnTiming.objects.get(session_id=claim.session_id, turn=turn)
        tracing.measured("heard", kept.heard_ms or 0, _labels(kept))


def _labels(timing: TurnTiming) -> dict[str, str]:
    return {label: getattr(timing, label) for label in LABELS}


def flush() -> None:
    """The call is over, and its process will exit: what goes to a collector goes now."""
    tracing.flush()


def keep_report(claim: Claim, report: Mapping[str, Any]) -> None:
    """What a page measured. It is a stranger's word: anything that cannot be is dropped."""
    values = {name: _believable(report.get(name), limit) for name, limit in REPORTED.items()}
    if any(value is not None for value in values.values()):
        LinkReport.objects.create(session_id=claim.session_id, at=timezone.now(), **values)


def _believable(value: object, limit: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if abs(value) <= limit else None


@lru_cache(maxsize=64)
def group_of(patient_id: UUID) -> tuple[str, str]:
    """Language and ten-year age band; no finer, so that a row does not tell who it is about."""
    patient = Patient.objects.get(pk=patient_id)
    age = (timezone.localdate() - datetime.date.fromisoformat(patient.born)).days // 365.25
    decade = int(min(max(age, 10), 89)) // 10 * 10
    return patient.language, f"{decade}–{decade + 9}" if decade < 80 else "80+"


# -- reading -----------------------------------------------------------------------


def spreads(rows: QuerySet[Any], stages: Sequence[str] = STAGES) -> list[Spread]:
    """The distribution over `rows` of each stage that any of them has."""
    wanted = {f"{stage}_{share}": Quantile(stage, share) for stage in stages for share in QUANTILES}
    counts = {f"{stage}_count": Count(stage) for stage in stages}
    found = rows.aggregate(**counts, **_named(wanted))
    return [_spread(stage, found, stage, f"{stage}_count") for stage in stages if found[f"{stage}_count"]]


def link(span: datetime.timedelta) -> list[Spread]:
    """What patients' browsers measured of their connections; shares of 1 in per cent."""
    found = spreads(LinkReport.objects.filter(at__gte=timezone.now() - span), tuple(REPORTED))
    return [one.times(100) if one.name.endswith("_share") else one for one in found]


@dataclass(frozen=True)
class Talk:
    """How well we take turns and hear, as the patients' own doings tell. `replies` and `spoken` are what can be."""

    replies: int
    cut_off: int  # of the replies, by the patient
    spoken: int  # by patients
    corrected: int  # of these, on the caption

    @property
    def cut_off_percent(self) -> float:
        return 100 * self.cut_off / max(self.replies, 1)

    @property
    def corrected_percent(self) -> float:
        return 100 * self.corrected / max(self.spoken, 1)


def talk(span: datetime.timedelta) -> Talk:
    said = Utterance.objects.filter(at__gte=timezone.now() - span)
    ours, theirs = said.filter(speaker="assistant"), said.filter(speaker="patient")
    corrected = theirs.filter(source="corrected").count()
    return Talk(
        ours.values("session", "turn").distinct().count(),
        ours.filter(interrupted=True).values("session", "turn").distinct().count(),
        max(theirs.filter(source="speech").count(), corrected),  # what was put right at once was not kept as heard
        corrected,
    )


def by_group(rows: QuerySet[TurnTiming], group: str) -> list[Spread]:
    """End of speech to first sound, for each value of `group`."""
    field = GROUPS[group]
    found = rows.values(field).annotate(count=Count("pk"), **_of_whole()).order_by(field)
    return [_spread("–" if row[field] is None else str(row[field]), row, "on_wire_ms") for row in found]


def by_hour(rows: QuerySet[TurnTiming]) -> list[Hour]:
    found = rows.annotate(hour=TruncHour("at")).values("hour").annotate(count=Count("pk"), **_of_whole())
    return [Hour(row["hour"], _spread("", row, "on_wire_ms")) for row in found.order_by("hour")]


def since(span: datetime.timedelta) -> QuerySet[TurnTiming]:
    return TurnTiming.objects.filter(at__gte=timezone.now() - span)


def _of_whole() -> dict[str, Quantile]:
    return _named({f"on_wire_ms_{share}": Quantile("on_wire_ms", share) for share in QUANTILES})


def _named(aggregates: dict[str, Quantile]) -> dict[str, Quantile]:
    return {name.replace(".", "_"): aggregate for name, aggregate in aggregates.items()}


def _spread(name: str, row: Mapping[str, Any], stage: str, count: str = "count") -> Spread:
    p50, p95, p99 = (float(row[f"{stage}_{share}".replace(".", "_")]) for share in QUANTILES)
    return Spread(name, row[count], p50, p95, p99)
