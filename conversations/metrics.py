"""`/metrics`: how calls, escalations and documents are, for Prometheus.

Everything but its own clock is read from the database when asked, so any web process tells the same for the whole
deployment. Counts and times only: nothing here says anything about anybody.
"""

import hmac
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from clinic import clocks
from clinic.models import Escalation, OutboxEntry
from compliance.access import public
from compliance.models import AuditEvent, AuditLeaf
from conversations import telemetry
from conversations.models import Session, TurnTiming
from knowledge.models import Document

WINDOW = timedelta(minutes=5)  # of the quantiles
OPEN = (Escalation.State.RAISED, Escalation.State.PAGED)


@public
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Needs METRICS_TOKEN as bearer; without such a setting it is open in demo mode, and absent in production."""
    if not _may_read(request):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_FromDatabase())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    token: str = settings.METRICS_TOKEN
    if not token:
        return bool(settings.DEMO)
    return hmac.compare_digest(request.headers.get("Authorization", ""), f"Bearer {token}")


class _FromDatabase(Collector):
    def collect(self) -> Iterator[Metric]:
        for family in FAMILIES:
            yield family()


def _calls() -> Metric:
    gauge = GaugeMetricFamily("aftercare_calls", "Calls under way.", labels=["host", "state"])
    running = Session.objects.exclude(state=Session.State.ENDED).values("host", "state").annotate(n=Count("pk"))
    for row in running.order_by("host", "state"):
        gauge.add_metric([row["host"], row["state"]], row["n"])
    return gauge


def _calls_ended() -> Metric:
    return _counted("aftercare_calls_ended", "Calls that ended, by reason.", Session, "reason", state="ended")


def _turns() -> Metric:
    gauge = GaugeMetricFamily(
        "aftercare_turn_milliseconds",
        "From the patient's last sound to each stage, over the last five minutes.",
        labels=["stage", "quantile"],
    )
    for spread in telemetry.spreads(telemetry.since(WINDOW)):
        stage = spread.name.removesuffix("_ms")
        for share, value in zip(telemetry.QUANTILES, (spread.p50, spread.p95, spread.p99), strict=True):
            gauge.add_metric([stage, str(share)], value)
    return gauge


def _turns_taken() -> Metric:
    family = CounterMetricFamily("aftercare_turns", "Turns that were answered.")
    family.add_metric([], TurnTiming.objects.count())
    return family


def _escalations() -> Metric:
    return _counted("aftercare_escalations", "Escalations raised.", Escalation, "severity")


def _escalations_waiting() -> Metric:
    gauge = GaugeMetricFamily(
        "aftercare_escalations_waiting", "Escalations nobody has acknowledged.", labels=["severity"]
    )
    waiting = dict(Escalation.objects.filter(state__in=OPEN).values_list("severity").annotate(n=Count("pk")))
    for severity in Escalation.Severity.values:
        gauge.add_metric([severity], waiting.get(severity, 0))
    return gauge


def _longest_wait() -> Metric:
    gauge = GaugeMetricFamily(
        "aftercare_escalation_longest_wait_seconds", "How long the oldest of them has waited.", labels=["severity"]
    )
    oldest = dict(Escalation.objects.filter(state__in=OPEN).values_list("severity").annotate(at=Min("raised_at")))
    for severity in Escalation.Severity.values:
        waited = timezone.now() - oldest[severity] if severity in oldest else timedelta()
        gauge.add_metric([severity], waited.total_seconds())
    return gauge


def _documents() -> Metric:
    gauge = GaugeMetricFamily("aftercare_documents", "Documents, by what has become of them.", labels=["state"])
    for state, count in Document.objects.values_list("state").annotate(n=Count("pk")).order_by("state"):
        gauge.add_metric([state], count)
    return gauge


def _outbox() -> Metric:
    gauge = GaugeMetricFamily("aftercare_outbox_waiting", "Messages that have not left the house.")
    gauge.add_metric([], OutboxEntry.objects.filter(done_at=None).count())
    return gauge


def _unsealed() -> Metric:
    gauge = GaugeMetricFamily("aftercare_audit_unsealed", "Audit events that no signed head covers yet.")
    last = AuditLeaf.objects.order_by("-index").values_list("event_id", flat=True).first() or 0
    gauge.add_metric([], AuditEvent.objects.filter(pk__gt=last).count())
    return gauge


def _clock() -> Metric:
    gauge = GaugeMetricFamily(
        "aftercare_clock_offset_seconds", "How far this web process's clock is ahead of the database's."
    )
    gauge.add_metric([], clocks.offset_s())
    return gauge


def _counted(name: str, says: str, model: Any, label: str, **only: Any) -> Metric:
    family = CounterMetricFamily(name, says, labels=[label])
    for value, count in model.objects.filter(**only).values_list(label).annotate(n=Count("pk")).order_by(label):
        family.add_metric([value], count)
    return family


FAMILIES: tuple[Callable[[], Metric], ...] = (
    _calls,
    _calls_ended,
    _turns,
    _turns_taken,
    _escalations,
    _escalations_waiting,
    _longest_wait,
    _documents,
    _outbox,
    _unsealed,
    _clock,
)
