"""From a question to passages of the clinic's library: candidates from PostgreSQL, re-ranked here.

pgvector's HNSW index finds what means the same, a GIN index what has the rarest words
of the question; both hold approved passages only. A `Desk` asks from a thread of its own
with one connection a call, so that a slow database never holds up an answer from the
patient's own papers (docs/decisions/0024).
"""

import logging
import math
import time
import weakref
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import DatabaseError, connection

from knowledge import aims, embeddings
from knowledge.models import LeafletChunk
from knowledge.passages import Passage
from knowledge.ranking import WORDED, library_chance, library_score
from knowledge.words import lexemes

NEAR = 50  # candidates by meaning; more found nothing better (docs/decisions/0023)
HAVING = 30  # candidates by words
SEARCHED = 120  # hnsw.ef_search: recall 0.98 against exact search (tests/bench/bench_retrieval.py)
SCANNED = 400  # rows that a common word may bring up from the GIN index, about
WORDS = 4  # the rarest words of the question's subject, by which the other candidates are looked up
ANSWERS = 0.5  # chance below which a leaflet is not about what is asked
PATIENCE_S = 0.25
STATISTICS_S = 600  # how long the words' frequencies are taken to hold
log = logging.getLogger(__name__)

_SQL = """
WITH near AS MATERIALIZED (
    SELECT id FROM knowledge_leafletchunk WHERE live ORDER BY vector <=> %(vector)s::halfvec LIMIT %(near)s
), having_words AS MATERIALIZED (
    SELECT id FROM knowledge_leafletchunk WHERE live AND lexemes @@ %(any)s::tsquery LIMIT %(having)s
)
SELECT c.text, c.heading, c.document_id, d.title, d.version, c.page, c.start, c."end",
       1 - (c.vector <=> %(vector)s::halfvec), 1 - (d.title_vector <=> %(subject)s::halfvec),
       CASE WHEN %(aim)s > 0 THEN c.aims[%(aim)s] ELSE 0 END,
       (SELECT sum((c.lexemes @@ word::tsquery)::int * weight)
          FROM unnest(%(words)s::text[], %(weights)s::float8[]) AS asked(word, weight))
  FROM (SELECT id FROM near UNION SELECT id FROM having_words) AS found
  JOIN knowledge_leafletchunk c USING (id) JOIN knowledge_leaflet d ON d.id = c.document_id
"""


@dataclass(frozen=True)
class Question:
    """A question made ready: its vector, its subject's, what it is after (from 1; 0: unknown), its subject's words."""

    vector: embeddings.Vectors
    subject: embeddings.Vectors
    aim: int
    words: tuple[str, ...]


def texts_of(question: str) -> list[str]:
    """What must be embedded of a question: itself and its subject."""
    return [question, aims.subject(question)]


def prepared(question: str, vectors: embeddings.Vectors) -> Question:
    """`vectors` are those of `texts_of(question)`."""
    aim = aims.asked(question)
    words = tuple(dict.fromkeys(lexemes(aims.subject(question)) or lexemes(question)))
    return Question(vectors[0], vectors[1], 0 if aim is None else aim + 1, words)


def search(question: Question, k: int = 5) -> list[Passage]:
    """The best `k` passages of approved leaflets, best first; none if no leaflet is about it."""
    rows = _candidates(question)
    if not rows:
        return []
    cosine, subject, aim, held = (np.array([row[at] or 0.0 for row in rows], np.float32) for at in range(8, 12))
    scores = library_score(cosine, subject, aim) + WORDED * held
    chances = [library_chance(*map(float, each)) for each in zip(cosine, subject, held, strict=True)]
    best = [at for at in np.argsort(-scores, kind="stable") if chances[at] >= ANSWERS][:k]
    return [_passage(rows[at], chances[at]) for at in best]


def _passage(row: Sequence[Any], score: float) -> Passage:
    text, heading, document_id, title, version, page, start, end = row[:8]
    return Passage(text, heading, score, str(document_id), title, version, page, start, end)


def _candidates(question: Question) -> list[Sequence[Any]]:
    frequency = _frequencies(int(time.monotonic() // STATISTICS_S))
    weighted = {word: _weight(frequency.get(word, 0.0)) for word in question.words}
    total = sum(weighted.values()) or 1.0
    rarest = sorted(weighted, key=lambda word: -weighted[word])[:WORDS]
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL,
            {
                "vector": _literal(question.vector),
                "subject": _literal(question.subject),
                "aim": question.aim,
                "any": " | ".join(f"'{word}'" for word in rarest),
                "words": [f"'{word}'" for word in weighted],
                "weights": [weight / total for weight in weighted.values()],
                "near": NEAR,
                "having": HAVING,
            },
        )
        return list(cursor.fetchall())


def _literal(vector: embeddings.Vectors) -> str:
    return "[" + ",".join(f"{value:.5f}" for value in vector) + "]"


def _weight(share: float) -> float:
    """How much a word says that this share of all passages hold (idf; one that ANALYZE has not met is rare)."""
    return math.log(1 / max(share, 0.0005))


@lru_cache(maxsize=1)
def _frequencies(_epoch: int) -> dict[str, float]:
    """The shares of passages that hold the commonest words, as PostgreSQL's statistics have them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT most_common_elems::text::text[], most_common_elem_freqs FROM pg_stats "
            "WHERE tablename = 'knowledge_leafletchunk' AND attname = 'lexemes'"
        )
        row = cursor.fetchone()
    return dict(zip(row[0], row[1], strict=False)) if row and row[0] else {}


def settle() -> None:
    """How thoroughly this connection searches. Once, and not with each question: that would cost three round trips.

    Only for a connection that does nothing else: the limit on GIN indexes would cut other searches short.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET hnsw.ef_search = {SEARCHED}; SET gin_fuzzy_search_limit = {SCANNED}")
    except DatabaseError as problem:  # the first question will meet it again
        log.warning("the library's connection keeps its defaults (%s)", type(problem).__name__)


def any_live() -> bool:
    """Whether the library holds anything that may be answered from."""
    return LeafletChunk.objects.filter(live=True).exists()


class Desk:
    """Asks the library for one call: a thread and a connection of its own, both gone when the desk is."""

    def __init__(self) -> None:
        self._clerk = ThreadPoolExecutor(1, thread_name_prefix="library", initializer=settle)
        weakref.finalize(self, _leave, self._clerk)

    def ask(self, question: Question, k: int) -> "Future[list[Passage]]":
        return self._clerk.submit(search, question, k)


def _leave(clerk: ThreadPoolExecutor) -> None:
    clerk.submit(connection.close)
    clerk.shutdown(wait=True)


def answer(asked: "Future[list[Passage]]") -> list[Passage]:
    """What the library found; nothing if it is late or broken, which the answer can do without."""
    try:
        return asked.result(PATIENCE_S)
    except (Late, DatabaseError) as problem:
        asked.cancel()  # if it has not begun: the next question need not wait for it
        log.warning("the library did not answer a question (%s)", type(problem).__name__)
        return []
