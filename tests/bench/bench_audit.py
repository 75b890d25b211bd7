"""The audit trail: how fast it is written, sealed, verified and read.

AUDIT_ENTRIES (default 1,000,000) says how long the log is that is verified and read.
"""

import multiprocessing
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.bench import Figure
from tests.bench.database import aftercare

ENTRIES = int(os.environ.get("AUDIT_ENTRIES", "1000000"))
WRITERS, PROCESSES, WRITING_S = 16, 4, 10.0
HELD_OPEN_S = float(os.environ.get("AUDIT_HELD_OPEN", "5"))
HELD = "bench:held"
# Every seventh entry is about a list of twenty patients.
FILL = """
WITH lists AS (
    SELECT array_agg(named.ids) AS ids FROM generate_series(0, 99) k, LATERAL (
        SELECT string_agg('00000000-0000-0000-0001-' || lpad(((k * 20 + i) %% 5003)::text, 12, '0'), ',') AS ids
        FROM generate_series(1, 20) i
    ) named
)
INSERT INTO compliance_auditevent (uid, at, action, actor, "where", patient_id, subject, outcome, reason, detail)
SELECT gen_random_uuid(), now() - (%(n)s - n) * interval '1 second',
       (ARRAY['transcript.read','consent.granted','escalation.raised','plan.approved','staff.signed_in'])[1 + n %% 5],
       'user:' || ('00000000-0000-0000-0000-' || lpad((n %% 97)::text, 12, '0')), '10.0.0.' || n %% 250,
       CASE WHEN n %% 7 = 0 THEN NULL ELSE ('00000000-0000-0000-0001-' || lpad((n %% 5003)::text, 12, '0'))::uuid END,
       'session:' || n %% 20011, CASE WHEN n %% 199 = 0 THEN 'refused' ELSE 'ok' END, '',
       CASE WHEN n %% 7 = 0 THEN jsonb_build_object('patients', lists.ids[n %% 100])
            WHEN n %% 3 = 0 THEN '{}'::jsonb ELSE '{"purpose": "ai_call", "count": 3}'::jsonb END
FROM generate_series(1, %(n)s) n, lists
"""


def measure() -> Iterable[Figure]:
    with tempfile.TemporaryDirectory(prefix="audit") as folder, aftercare(Path(folder)):
        yield from _writing()
        _fill()
        yield from _sealing()
        yield from _verifying()
        yield from _reading()
        yield from _proving()


# -- writing -------------------------------------------------------------------
def _writing() -> Iterator[Figure]:
    """Transactions of one change and one audit entry, from 16 writers at once, while the sealer runs.

    One more transaction wrote its entry first and stays open for AUDIT_HELD_OPEN seconds (default 5):
    it must hold nobody up, and be sealed once it ends.
    """
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(PROCESSES + 1), context.Queue()
    writers = [context.Process(target=_write_in_process, args=(ready, results)) for _ in range(PROCESSES)]
    for writer in writers:
        writer.start()
    slow = threading.Thread(target=_hold_open)
    slow.start()
    ready.wait()
    load = os.getloadavg()[0]
    took: list[float] = []
    cpu_s = 0.0
    written = threading.Event()
    sealer = threading.Thread(target=_seal_as_the_sealer, args=(written,))
    sealer.start()
    for _ in writers:
        times, spent_s = results.get()
        took += times
        cpu_s += spent_s
    took.sort()
    for writer in writers:
        writer.join()
    slow.join()
    written.set()
    sealer.join()
    yield Figure("audited writes, 16 writers", len(took) / WRITING_S, "tx/s", ">= 1000", f"load {load:.1f}")
    yield Figure("processor time of a writer", cpu_s / len(took) * 1000, "ms/tx", "", "whatever else runs")
    yield Figure("audited write, p99", took[int(len(took) * 0.99)] * 1000, "ms", "<= 50")
    yield Figure("commit to seal, p99", _seal_delay() * 1000, "ms", "<= 1000")
    yield Figure("of a transaction held open, unsealed", _unsealed(), "entries", "<= 0", f"open {HELD_OPEN_S:.0f} s")


def _write_in_process(ready: Any, results: Any) -> None:
    import django

    django.setup()
    took: list[float] = []
    ready.wait()
    began_s = time.process_time()
    threads = [threading.Thread(target=_write, args=(took,)) for _ in range(WRITERS // PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put((took, time.process_time() - began_s))


def _hold_open() -> None:
    from django.db import connection, transaction

    from compliance import audit
    from compliance.views.trail import READ

    with transaction.atomic():
        audit.record(READ, subject=HELD)
        time.sleep(HELD_OPEN_S)
    connection.close()


def _write(took: list[float]) -> None:
    from uuid import uuid4

    from django.db import connection, transaction

    from compliance import audit
    from compliance.views.trail import READ

    key = f"bench:{uuid4()}"
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO compliance_cacheentry (key, value) VALUES (%s, '0')", [key])
        ends_at = time.time() + WRITING_S
        while time.time() < ends_at:
            began = time.perf_counter()
            with transaction.atomic():
                cursor.execute("UPDATE compliance_cacheentry SET value = '1' WHERE key = %s", [key])
                audit.record(READ, subject="bench:1", detail={"count": 1})
            took.append(time.perf_counter() - began)
    connection.close()


def _seal_as_the_sealer(written: threading.Event) -> None:
    """In its rounds, until all is written; then what is left."""
    from django.db import connection

    from compliance import sealing
    from compliance.management.commands.seal import Command

    rounds = Command()
    while not written.wait(rounds.one_round()):
        pass
    sealing.seal()
    connection.close()


def _unsealed() -> int:
    from compliance.models import AuditEvent

    held = AuditEvent.objects.filter(subject=HELD)
    assert held.count() == 1
    return held.filter(leaf=None).count()


def _seal_delay() -> float:
    """How long entries waited for the head that covers them, at the 99th percentile."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM h.at - e.at)) "
            "FROM compliance_auditevent e JOIN compliance_auditleaf l ON l.event_id = e.id "
            "JOIN LATERAL (SELECT at FROM compliance_treehead WHERE size > l.index ORDER BY size LIMIT 1) h ON true "
            f"WHERE e.subject <> '{HELD}'"
        )
        return float(cursor.fetchone()[0])


# -- a long log ------------------------------------------------------------------
def _fill() -> None:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(FILL, {"n": ENTRIES})
        cursor.execute("ANALYZE compliance_auditevent")


def _sealing() -> Iterator[Figure]:
    from django.db import connections

    from compliance import sealing

    began, sealed = time.perf_counter(), 0
    while batch := sealing.seal():
        sealed += batch
    yield Figure("sealing", sealed / (time.perf_counter() - began), "entries/s")
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE compliance_auditevent, compliance_auditleaf")


def _verifying() -> Iterator[Figure]:
    """CPU seconds of the verifying process: the machine's other work does not count."""
    from compliance import trail_check

    began, cpu_began = time.perf_counter(), time.process_time()
    report = trail_check.check()
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    assert report.ok, report.first
    yield Figure("verifying", report.entries / cpu, "entries/s", ">= 50000", "per core, of CPU time")
    yield Figure("verifying, on the clock", report.entries / wall, "entries/s", "", f"{report.entries} entries")


def _reading() -> Iterator[Figure]:
    """The officer's page in every order, with every kind of filter, first page and deeper."""
    from compliance import trail
    from compliance.trail import Filters

    took = []
    for query in _questions():
        filters = Filters.read(query)
        for _page in range(2):
            began = time.perf_counter()
            page = trail.page(filters)
            took.append(time.perf_counter() - began)
            filters = Filters.read({**query, "after": page.next})
    took.sort()
    yield Figure(
        "officer's page, p50", statistics.median(took) * 1000, "ms", "", f"{len(took)} pages, {ENTRIES} entries"
    )
    yield Figure("officer's page, p95", took[int(len(took) * 0.95)] * 1000, "ms", "<= 1000")
    yield from _who_looked()


def _who_looked() -> Iterator[Figure]:
    """Who saw a patient, by themselves or in one of the lists that every seventh entry is about."""
    from compliance import breach
    from compliance.models import AuditEvent
    from compliance.views.trail import by_whom

    took, found = [], 0
    for number in range(20):
        patient = UUID(f"00000000-0000-0000-0001-{number * 100 + 7:012}")
        began = time.perf_counter()
        found += len(by_whom(AuditEvent.objects.filter(patient_id=patient)))
        found += len(by_whom(breach.listings_of(patient)))
        took.append(time.perf_counter() - began)
    assert found > 20
    yield Figure("who looked at one patient, p95", sorted(took)[18] * 1000, "ms", "<= 1000")


def _questions() -> Iterator[dict[str, str]]:
    from compliance import trail

    some = [
        {},
        {"actor": "user:00000000-0000-0000-0000-000000000042"},
        {"action": "consent.granted"},
        {"outcome": "refused"},
        {"patient": "00000000-0000-0000-0001-000000000123"},
        {"subject": "session:77"},
        {"kind": "R"},
        {"since": "2026-11-01", "until": "2026-11-20"},
        {"action": "consent.granted", "outcome": "refused"},
        {"actor": "user:00000000-0000-0000-0000-000000000001", "since": "2026-11-15", "outcome": "ok"},
    ]
    for filters in some:
        for sort in trail.COLUMNS:
            for up in ("", "1"):
                yield {**filters, "sort": sort, "up": up}


def _proving() -> Iterator[Figure]:
    from compliance import stored_tree
    from compliance.models import TreeHead

    head = stored_tree.latest_head()
    assert head is not None
    sizes = list(TreeHead.objects.order_by("size").values_list("size", flat=True))[:-1]
    took, longest = [], 0
    for old in sizes[:: max(1, len(sizes) // 50)]:
        began = time.perf_counter()
        longest = max(longest, len(stored_tree.growth_between(old, head.size)))
        took.append(time.perf_counter() - began)
    yield Figure("proof between two heads, p95", sorted(took)[int(len(took) * 0.95)] * 1000, "ms", "<= 10")
    yield Figure("proof between two heads, longest", longest, "hashes", "<= 63")
