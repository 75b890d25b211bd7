"""Turns leave as OpenTelemetry traces and metrics: joined by their ids, and without a word of the patient."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from conversations import telemetry, tracing
from tests.conversations.test_telemetry import TIMING, a_call

pytestmark = pytest.mark.django_db


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[bytes]]]:
    """A collector on loopback; what it was sent, by path."""
    got: dict[str, list[bytes]] = {"/v1/traces": [], "/v1/metrics": []}

    class Collect(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got[self.path].append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Collect)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    tracing._exporters.cache_clear()
    yield got
    exporters = tracing._exporters()
    assert exporters
    exporters.traces.shutdown()
    exporters.meters.shutdown()
    tracing._exporters.cache_clear()
    server.shutdown()


def test_a_turn_is_a_trace_with_its_stages_under_the_ids_of_the_database(collector: dict[str, list[bytes]]) -> None:
    telemetry.group_of.cache_clear()
    claim = a_call()
    telemetry.keep_turn(claim, {**TIMING, "retrieved_ms": 220, "guard_ms": 3})
    telemetry.keep_turn(claim, TIMING)  # a repetition is no second turn
    telemetry.keep_heard(claim, 1, 85)
    telemetry.keep_heard(claim, 1, 85)
    tracing.flush()
    [request] = [ExportTraceServiceRequest.FromString(each) for each in collector["/v1/traces"]]
    spans = {span.name: span for span in request.resource_spans[0].scope_spans[0].spans}
    assert set(spans) == {"turn", "floor", "retrieval", "sentence", "voice", "wire"}
    labels = {one.key: one.value.string_value or one.value.int_value for one in spans["turn"].attributes}
    assert (labels["aftercare.session"], labels["aftercare.turn"]) == (str(claim.session_id), 1)
    assert all(span.parent_span_id == spans["turn"].span_id for name, span in spans.items() if name != "turn")
    lasted_ms = {name: (s.end_time_unix_nano - s.start_time_unix_nano) / 1e6 for name, s in spans.items()}
    assert lasted_ms == pytest.approx(
        {"turn": 300, "floor": 210, "retrieval": 10, "sentence": 10, "voice": 30, "wire": 40}, abs=0.1
    )
    [metrics] = [ExportMetricsServiceRequest.FromString(each) for each in collector["/v1/metrics"]]
    [metric] = metrics.resource_metrics[0].scope_metrics[0].metrics
    points = {
        next(one.value.string_value for one in point.attributes if one.key == "stage"): point.sum
        for point in metric.histogram.data_points
    }
    assert metric.name == "aftercare.turn.stage"
    assert points == {
        "floor": 210, "retrieval": 220, "sentence": 230, "voice": 260, "wire": 300, "guard": 3, "heard": 385
    }  # fmt: skip
    everything = b"".join(collector["/v1/traces"] + collector["/v1/metrics"]).lower()
    assert not [word for word in (b"maria", b"lindqvist", b"hip") if word in everything]


def test_without_a_collector_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    tracing._exporters.cache_clear()
    tracing.turn(TIMING, {}, session="s")
    tracing.flush()
    assert tracing._exporters() is None
