"""What calls said about the release they ran, from their rows: written turn by turn, read by the gates."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum

from clinic.models import Escalation
from conversations.models import CallMeasure, CallReview, Release, Rollout, Session, TurnTiming
from conversations.releases import budget
from conversations.releases.budget import Budget
from conversations.releases.gates import Call

EARLIER = 500  # calls that limits are taken from
AT_MOST_AGO = timedelta(days=60)
GRAVE = (Escalation.Severity.EMERGENCY, Escalation.Severity.URGENT)
BROKEN = "call."  # rules of escalations that our own failures raise
AFTERWARDS = "review."  # … and that a reviewer raised, of what the call had missed


def keep(session_id: UUID, snapshot: Mapping[str, Any]) -> None:
    """What a dialogue's snapshot says about how the call goes. Counts grow, also over a lost process."""
    gate = snapshot.get("gate", {})
    counts = {
        "turns": int(snapshot.get("state", {}).get("turn", 0)),
        "failed_turns": int(snapshot.get("left_out", 0)),
        "sentences": int(gate.get("passed", 0)) + int(gate.get("stopped", 0)),
        "stopped": int(gate.get("stopped", 0)),
    }
    CallMeasure.objects.update_or_create(session_id=session_id, defaults=counts)


def before(release: Release | None, until: datetime) -> list[Call]:
    """The latest calls that ran `release` and ended before `until`."""
    ended = _ended().filter(release=release, ended_at__lt=until, ended_at__gte=until - AT_MOST_AGO)
    return _calls(ended.order_by("-ended_at")[:EARLIER], None)


def during(rollout: Rollout) -> list[Call]:
    """Both sides' calls since the rollout began, in the order they ended; of its teams, if it has any."""
    base = Q(release=None) if rollout.base_id is None else Q(release=rollout.base_id)
    ended = _ended().filter(base | Q(release=rollout.release_id), made_at__gte=rollout.started_at)
    teams = list(rollout.teams.values_list("pk", flat=True))
    if teams:
        ended = ended.filter(patient__care_team__in=teams)
    return _calls(ended.order_by("ended_at"), rollout.release_id)


def budgets(until: datetime) -> list[Budget]:
    """What the calls of the last thirty days, whatever they ran, have left of each promise."""
    since = until - budget.WINDOW
    calls = CallMeasure.objects.filter(session__ended_at__gte=since, session__ended_at__lt=until)
    all_of = calls.aggregate(turns=Sum("turns", default=0), failed=Sum("failed_turns", default=0))
    timed = TurnTiming.objects.filter(at__gte=since, at__lt=until).aggregate(
        turns=Count("pk"), slow=Count("pk", filter=Q(on_wire_ms__gt=budget.SLOW_MS))
    )
    return [
        Budget(budget.FAILED, all_of["failed"], all_of["turns"]),
        Budget(budget.SLOW, timed["slow"], timed["turns"]),
    ]


def _ended() -> QuerySet[Session]:
    """Calls that a patient was in."""
    return Session.objects.filter(state=Session.State.ENDED, joined_at__isnull=False)


def _calls(sessions: QuerySet[Session], candidate: UUID | None) -> list[Call]:
    rows = sessions.select_related("measure").annotate(
        waits=ArrayAgg("timings__on_wire_ms", default=[]), missed=_missed()
    )
    raised = _rules(row.pk for row in rows)
    return [_call(row, raised.get(row.pk, ()), candidate) for row in rows]


def _missed() -> Subquery:
    """Whether any reviewer found something missed; null if nobody looked."""
    reviews = CallReview.objects.filter(session=OuterRef("pk")).order_by("-missed")
    return Subquery(reviews.values("missed")[:1])


def _rules(sessions: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The rules of grave escalations, by call."""
    rules: dict[UUID, list[str]] = {}
    grave = Escalation.objects.filter(session_id__in=list(sessions), severity__in=GRAVE)
    for session_id, rule in grave.values_list("session_id", "rule"):
        if session_id:
            rules.setdefault(session_id, []).append(rule)
    return rules


def _call(session: Any, rules: Iterable[str], candidate: UUID | None) -> Call:
    measure: CallMeasure | None = getattr(session, "measure", None)
    waits = [wait for wait in session.waits if wait is not None]
    broke = session.epoch > 1 or session.reason == Session.Reason.FAILED or bool(measure and measure.failed_turns)
    return Call(
        candidate=candidate is not None and session.release_id == candidate,
        median_ms=float(median(waits)) if waits else None,
        stopped_share=measure.stopped / measure.sentences if measure and measure.sentences else None,
        failed=broke or any(rule.startswith(BROKEN) for rule in rules),
        escalated=any(not rule.startswith((BROKEN, AFTERWARDS)) for rule in rules),
        missed=session.missed,
        rating=measure.rating if measure else None,
    )
