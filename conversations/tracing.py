"""Turns as OpenTelemetry traces and metrics, for whoever runs a collector. Off unless one is named.

OTEL_EXPORTER_OTLP_ENDPOINT (and the other OTEL_ variables of the specification) say where to; nothing is loaded
without it. A turn is one span, with a span for each stage, under the ids that the database has too: session and
turn. Times, ids and codes only, never words. Called by `conversations.telemetry`, in the process of the call.
"""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.trace import TracerProvider

FLUSH_MS = 2000  # a collector that does not answer holds up the end of a call no longer
EXPORT_EVERY_MS = 10_000
STAGES = {
    "recognised_ms": "recognition",
    "decided_ms": "floor",
    "retrieved_ms": "retrieval",
    "token_ms": "model",
    "sentence_ms": "sentence",
    "sound_ready_ms": "voice",
    "on_wire_ms": "wire",
}
LENGTHS = {"guard_ms": "guard", "gate_ms": "gate"}  # of work, within the stages


@dataclass(frozen=True)
class _Exporters:
    traces: "TracerProvider"
    meters: "MeterProvider"
    stages: "Histogram"


def turn(timing: Mapping[str, int | None], labels: Mapping[str, str], *, session: str) -> None:
    """One answered turn, just now; `timing` as conversations.live.desk.Timing, `labels` codes such as the version."""
    exporters = _exporters()
    if exporters is None:
        return
    from opentelemetry import trace

    ended = time.time_ns()
    took = {field: ms for field, ms in timing.items() if ms is not None}
    began = ended - took["on_wire_ms"] * 1_000_000
    ids: dict[str, str | int] = {"aftercare.session": session, "aftercare.turn": took["turn"], **_named(labels)}
    tracer = exporters.traces.get_tracer("aftercare")
    whole = tracer.start_span("turn", start_time=began, attributes=ids)
    within, so_far = trace.set_span_in_context(whole), 0
    for field in sorted(STAGES.keys() & took.keys(), key=lambda field: took[field]):
        reached = max(so_far, took[field])
        span = tracer.start_span(STAGES[field], within, start_time=began + so_far * 1_000_000)
        span.end(began + reached * 1_000_000)
        so_far = reached
    whole.end(ended)
    for field, stage in (STAGES | LENGTHS).items():
        if field in took:
            measured(stage, took[field], labels)


def measured(stage: str, ms: int, labels: Mapping[str, str]) -> None:
    """One more value of a stage, for its distribution."""
    if exporters := _exporters():
        exporters.stages.record(ms, {"stage": stage, **_named(labels)})


def flush() -> None:
    """Before the process of a call exits: what has been gathered leaves, within `FLUSH_MS`."""
    exporters = _exporters() if _exporters.cache_info().currsize else None
    if exporters:
        exporters.traces.force_flush(FLUSH_MS)
        exporters.meters.force_flush(FLUSH_MS)


def _named(labels: Mapping[str, str]) -> dict[str, str]:
    return {f"aftercare.{name}": value for name, value in labels.items()}


@lru_cache
def _exporters() -> _Exporters | None:
    """Made at the first turn: their threads would not survive the fork of a call's process."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return None
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": "aftercare", "service.version": settings.VERSION})
    traces = TracerProvider(resource=resource)
    traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=EXPORT_EVERY_MS)
    meters = MeterProvider([reader], resource=resource)
    stages = meters.get_meter("aftercare").create_histogram("aftercare.turn.stage", "ms", "After the last sound.")
    return _Exporters(traces, meters, stages)
