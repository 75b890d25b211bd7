"""The administrator's dashboard: how fast Aftercare answers, hour by hour and group by group."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from compliance.access import Role, role_required
from conversations import telemetry
from conversations.models import Session, TurnTiming
from conversations.plots import Plot, plot

SPANS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
SPAN_NAMES = {"day": _("24 hours"), "week": _("7 days"), "month": _("30 days")}
TARGET_MS = 700.0  # p50 of the whole, docs/explanation/how-it-works.md
STAGE_NAMES: dict[str, Promise] = {
    "recognised_ms": _("Words, recognised"),
    "decided_ms": _("The floor is ours"),
    "retrieved_ms": _("Passages, found"),
    "token_ms": _("The model's first word"),
    "sentence_ms": _("First sentence, checked"),
    "sound_ready_ms": _("First sound, made"),
    "on_wire_ms": _("First sound, sent"),
    "heard_ms": _("First sound, heard"),
}
LENGTH_NAMES: dict[str, Promise] = {
    "guard_ms": _("Guard, on the last words"),
    "gate_ms": _("Gate, on the first sentence"),
}
GROUP_NAMES: dict[str, Promise] = {
    "release": _("By release"),
    "version": _("By version of the software"),
    "host": _("By host"),
    "language": _("By language"),
    "age_band": _("By age of the patient"),
}
LINK_NAMES: dict[str, Promise] = {
    "round_trip_ms": _("Round trip, ms"),
    "jitter_ms": _("Jitter, ms"),
    "lost_share": _("Sound lost on the way, %"),
    "concealed_share": _("Sound that had to be invented, %"),
    "frozen_ms": _("Picture frozen in ten seconds, ms"),
    "frames_per_s": _("Pictures a second"),
    "offset_ms": _("Picture behind sound, ms"),
}


@dataclass(frozen=True)
class Table:
    title: Promise
    rows: list[telemetry.Spread]


@role_required(Role.ADMIN)
@never_cache
def dashboard(request: HttpRequest) -> HttpResponse:
    chosen = request.GET.get("span", "day")
    span = chosen if chosen in SPANS else "day"
    rows = telemetry.since(SPANS[span])
    context = {
        "span": span,
        "spans": SPAN_NAMES.items(),
        "stages": _named(telemetry.spreads(rows), STAGE_NAMES),
        "lengths": _named(telemetry.spreads(rows, telemetry.LENGTHS), LENGTH_NAMES),
        "link": _named(telemetry.link(SPANS[span]), LINK_NAMES),
        "talk": telemetry.talk(SPANS[span]),
        "plot": _plot(telemetry.by_hour(rows)),
        "groups": [Table(GROUP_NAMES[group], telemetry.by_group(rows, group)) for group in telemetry.GROUPS],
        "calls": Session.objects.filter(timings__in=rows).distinct().order_by("-made_at")[:20],
        "target_ms": TARGET_MS,
    }
    return render(request, "conversations/dashboard.html", context)


def _named(spreads: list[telemetry.Spread], names: Mapping[str, Promise]) -> list[tuple[Promise, telemetry.Spread]]:
    return [(names[spread.name], spread) for spread in spreads]


@role_required(Role.ADMIN)
@never_cache
def waterfall(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Each turn of one call, stage under stage."""
    session = get_object_or_404(Session, pk=session_id)
    turns = TurnTiming.objects.filter(session=session).order_by("turn")
    longest = max((max(turn.on_wire_ms, turn.heard_ms or 0) for turn in turns), default=1) or 1
    context = {"session": session, "turns": [_bars(turn, longest) for turn in turns], "longest": longest}
    return render(request, "conversations/waterfall.html", context)


@dataclass(frozen=True)
class Bar:
    stage: Promise
    starts: float  # in thousandths of the longest turn
    length: float
    ms: int


@dataclass(frozen=True)
class Turn:
    number: int
    total_ms: int
    bars: list[Bar]
    work: list[tuple[Promise, int]]  # within the stages, ms


def _bars(timing: TurnTiming, longest: int) -> Turn:
    """Stages in the order in which they were reached. What was there before the last sound ended cost nothing."""
    reached = {stage: ms for stage in telemetry.STAGES if (ms := getattr(timing, stage)) is not None}
    bars, begins = [], 0
    for stage in sorted(reached, key=reached.__getitem__):
        ends = max(begins, reached[stage])
        bars.append(Bar(STAGE_NAMES[stage], 1000 * begins / longest, 1000 * (ends - begins) / longest, ends - begins))
        begins = ends
    work = [(LENGTH_NAMES[one], ms) for one in telemetry.LENGTHS if (ms := getattr(timing, one)) is not None]
    return Turn(timing.turn, timing.on_wire_ms, bars, work)


def _plot(hours: list[telemetry.Hour]) -> Plot | None:
    if not hours:
        return None
    labels = [timezone.localtime(hour.at).strftime("%d %b %H:00") for hour in hours]
    series = [[getattr(hour.spread, name) for hour in hours] for name in ("p50", "p95", "p99")]
    return plot(labels, series, target=TARGET_MS)
