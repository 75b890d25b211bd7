"""Ingestion: a 50-page PDF from its upload to its review and to an answer, and how its progress moved.

And once more with a worker that is killed half-way, and what is left to do for the one that comes after it.
"""

import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.bench import Figure
from tests.bench.database import aftercare

PAGES = 50
HALF_WAY = 70  # per cent; passages are kept from 50 to 95
LOOKED_EVERY_S = 0.1


def measure() -> Iterable[Figure]:
    with tempfile.TemporaryDirectory(prefix="ingestion") as folder, aftercare(Path(folder)):
        from knowledge import embeddings, ingestion, retrieval
        from knowledge.models import Document
        from tests import cast

        embeddings.embed(["warm"])
        data = _papers()
        document = ingestion.upload(
            patient_id=cast.maria().pk, name="papers.pdf", title="Papers", data=data, by=cast.admin()
        )
        watch = _Watch(document.pk)
        began = time.perf_counter()
        ingestion.ingest(document.pk)
        took = time.perf_counter() - began
        watch.stop()
        document = ingestion.approve(Document.objects.get(pk=document.pk), by=cast.admin())
        note = f"{PAGES} pages, {len(data) / 1000:.0f} kB, {document.chunks.count()} passages"
        yield Figure("upload to review", took, "s", "<= 20", note)
        yield Figure("longest stretch without progress", watch.longest_s(), "s", "<= 3")
        yield Figure("different percentages seen", len(watch.seen), "", ">= 10")
        found = retrieval.recall(cast.maria().pk, "What do I do on day 37?")
        yield Figure("found on page 37 of 50", float(any(passage.page == 37 for passage in found)), "", ">= 1")
        yield from _killed_half_way(data, document.chunks.count())


def _killed_half_way(data: bytes, passages: int) -> Iterable[Figure]:
    """A worker dies of SIGKILL when some passages are kept; another goes on from there."""
    from knowledge import ingestion
    from knowledge.models import Document
    from tests import cast

    document = ingestion.upload(
        patient_id=cast.maria().pk, name="again.pdf", title="Again", data=data + b"\n", by=cast.admin()
    )
    worker = subprocess.Popen([sys.executable, "-c", _WORKER, str(document.pk)])
    while document.progress < HALF_WAY and worker.poll() is None:
        time.sleep(LOOKED_EVERY_S)
        document.refresh_from_db()
    worker.kill()
    worker.wait()
    kept = document.chunks.count()
    Document.objects.filter(pk=document.pk).update(touched_at=None)  # its lease has run out
    began = time.perf_counter()
    ingestion.ingest(document.pk)
    took = time.perf_counter() - began
    document.refresh_from_db()
    whole = document.state == Document.State.REVIEW and document.chunks.count() == passages
    note = f"killed at {kept} of {passages} passages, which were kept"
    yield Figure("went on after its worker was killed", float(whole and 0 < kept < passages), "", ">= 1", note)
    yield Figure("and was ready after", took, "s", "<= 20", f"load {os.getloadavg()[0]:.1f}")


_WORKER = """
import sys, uuid, django
django.setup()
from knowledge import ingestion
ingestion.ingest(uuid.UUID(sys.argv[1]))
"""


def _papers() -> bytes:
    """Fifty full pages, each about a day."""
    from tests.knowledge import papers

    def page(day: int) -> list[papers.Line]:
        said = [
            f"On day {day} walk {100 * day} steps, rest for {day} minutes, and weigh yourself before breakfast.",
            "Take your medicines with a full glass of water and write down what you took and when you took it.",
            "Look at your wound in the morning and at night. It should be dry, and a little paler each day.",
            "Some swelling is normal. Put your leg up above your heart for half an hour whenever you can.",
        ]
        body = [papers.Line(said[at % 4], 740 - 18 * at) for at in range(38)]
        return [papers.Line(f"Day {day}", 780, size=16), *body]

    return papers.pdf(*[page(day) for day in range(1, PAGES + 1)])


class _Watch:
    """Looks at the progress as the admin's page does, only oftener."""

    def __init__(self, document_id: Any) -> None:
        self.seen: dict[int, float] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(document_id,))
        self._thread.start()

    def _look(self, document_id: Any) -> None:
        from django.db import connection

        from knowledge.models import Document

        while not self._done.wait(LOOKED_EVERY_S):
            percent = Document.objects.values_list("progress", flat=True).get(pk=document_id)
            self.seen.setdefault(percent, time.perf_counter())
        connection.close()

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def longest_s(self) -> float:
        times = sorted(self.seen.values())
        return max((after - before for before, after in itertools.pairwise(times)), default=0.0)
