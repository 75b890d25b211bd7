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
from conversations.models import LinkReport, Session, TurnTiming
from conversations.sessions import Claim

STAGES = ("decided_ms", "sentence_ms", "sound_ready_ms", "on_wire_ms")
GROUPS = ("version", "host", "language", "age_band")
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


@dataclass(frozen=True)
class Hour:
    at: datetime.datetime
    spread: Spread


# -- writing -----------------------------------------------------------------------


def keep_turn(claim: Claim, timing: Mapping[str, int]) -> None:
    """One turn, once: a repetition changes nothing."""
    language, age_band = group_of(claim.patient_id)
    host = Session.objects.values_list("host", flat=True).get(pk=claim.session_id)
    _, made = TurnTiming.objects.get_or_create(
        session_id=claim.session_id,
        turn=timing["turn"],
        defaults={
            "at": timezone.now(),
            **{stage: timing[stage] for stage in STAGES},
            "version": settings.VERSION,
            "host": host,
            "language": language,
            "age_band": age_band,
        },
    )
    if made:
        labels = {"version": settings.VERSION, "host": host or "", "language": language, "age_band": age_band}
        tracing.turn(timing, labels, session=str(claim.session_id))


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


def spreads(rows: QuerySet[TurnTiming], stages: Sequence[str] = STAGES) -> list[Spread]:
    """Each stage's distribution over `rows`; empty if there are none."""
    wanted = {f"{stage}_{share}": Quantile(stage, share) for stage in stages for share in QUANTILES}
    found = rows.aggregate(count=Count("pk"), **_named(wanted))
    return [_spread(stage, found, stage) for stage in stages] if found["count"] else []


def by_group(rows: QuerySet[TurnTiming], group: str) -> list[Spread]:
    """End of speech to first sound, for each value of `group`."""
    found = rows.values(group).annotate(count=Count("pk"), **_of_whole()).order_by(group)
    return [_spread(str(row[group]), row, "on_wire_ms") for row in found]


def by_hour(rows: QuerySet[TurnTiming]) -> list[Hour]:
    found = rows.annotate(hour=TruncHour("at")).values("hour").annotate(count=Count("pk"), **_of_whole())
    return [Hour(row["hour"], _spread("", row, "on_wire_ms")) for row in found.order_by("hour")]


def since(span: datetime.timedelta) -> QuerySet[TurnTiming]:
    return TurnTiming.objects.filter(at__gte=timezone.now() - span)


def _of_whole() -> dict[str, Quantile]:
    return _named({f"on_wire_ms_{share}": Quantile("on_wire_ms", share) for share in QUANTILES})


def _named(aggregates: dict[str, Quantile]) -> dict[str, Quantile]:
    return {name.replace(".", "_"): aggregate for name, aggregate in aggregates.items()}


def _spread(name: str, row: Mapping[str, Any], stage: str) -> Spread:
    p50, p95, p99 = (float(row[f"{stage}_{share}".replace(".", "_")]) for share in QUANTILES)
    return Spread(name, row["count"], p50, p95, p99)
