"""What measuring costs a call: its turns' stages and its page's reports, kept in the database and sent to a collector.

Processor time of this process, all its threads, the exporter's too, as the process of a call would spend it; the
database's own work is told beside it. A minute of a call has TURNS turns and six reports of its page.
"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.bench import Figure
from tests.bench.database import aftercare

TURNS = 6  # a minute: more than real consultations have
REPORTS = 6
MINUTES = 60
# A call that spends no more than it may without a face (15 % of a core), in ms a minute: with a face the share is less.
CALL_MS = 0.15 * 60_000
TIMING = {
    "recognised_ms": 140, "decided_ms": 410, "retrieved_ms": 425, "token_ms": 430, "sentence_ms": 440,
    "sound_ready_ms": 460, "on_wire_ms": 480, "guard_ms": 3, "gate_ms": 4,
}  # fmt: skip
REPORT = {"round_trip_ms": 40, "jitter_ms": 4, "lost_share": 0, "concealed_share": 0, "frozen_ms": 0, "offset_ms": 5}
_COLLECTOR = """
import http.server, sys
class Collect(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Collect).serve_forever()
"""


def measure() -> Iterable[Figure]:
    with tempfile.TemporaryDirectory(prefix="telemetry") as folder, aftercare(Path(folder)), _collector() as url:
        os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = url
        from conversations import telemetry, tracing
        from conversations.models import LinkReport, Session, TurnTiming
        from conversations.sessions import Claim
        from tests import cast

        session = Session.objects.create(patient=cast.maria(), host="host-1", epoch=1, state=Session.State.LIVE)
        claim = Claim(session.pk, session.patient_id, 1)
        _minute(claim, 0)
        telemetry.flush()
        began, server = time.process_time(), _server_ms()
        for minute in range(1, MINUTES + 1):
            _minute(claim, minute)
        telemetry.flush()
        ours_ms = (time.process_time() - began) * 1000 / MINUTES
        server_ms = (_server_ms() - server) / MINUTES
        kept = TurnTiming.objects.filter(heard_ms__gt=0).count() + LinkReport.objects.count()
        if exporters := tracing._exporters():
            exporters.meters.shutdown()
        note = f"{TURNS} turns and {REPORTS} reports a minute, over {MINUTES} minutes, to a collector"
        yield Figure("kept of what was measured", kept / ((MINUTES + 1) * (TURNS + REPORTS)), "share", ">= 1")
        yield Figure("telemetry in a minute of a call", ours_ms, "ms of a core", "", note)
        yield Figure(
            "of the processor time that a call may take", ours_ms / CALL_MS, "share", "<= 0.01", "no face drawn"
        )
        yield Figure("and in the database", server_ms, "ms of a core", "", "in a minute")


def _minute(claim: Any, minute: int) -> None:
    """As `conversations.switchboard` keeps it."""
    from conversations import telemetry

    for turn in range(minute * TURNS, (minute + 1) * TURNS):
        telemetry.keep_turn(claim, {"turn": turn, **TIMING})
        telemetry.keep_heard(claim, turn, 60)
    for _ in range(REPORTS):
        telemetry.keep_report(claim, REPORT)


def _server_ms() -> float:
    """Of the database's process that serves us."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(Path(f"/proc/{cursor.fetchone()[0]}/schedstat").read_text().split()[0]) / 1e6


@contextlib.contextmanager
def _collector() -> Iterator[str]:
    """Somebody else's work: a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", _COLLECTOR, str(port)])
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
