"""From a question to the passages that may answer it: the patient's approved documents first, then the library.

A call opens the patient's index once (`open_index`), so that a question costs one
embedding, a few microseconds, and a look into the library meanwhile. `recall` does both,
for callers with one question. Nobody's index ever holds another patient's passage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from compliance import keyring, restriction
from knowledge import embeddings, library_search, questions, veil
from knowledge.medicines import medicines_in
from knowledge.models import Chunk, Document
from knowledge.passages import Passage
from knowledge.ranking import PapersIndex, Ranked
from knowledge.windows import read_as

ANSWERED = 0.5  # chance from which the patient's own papers answer, and the library is not heard


@dataclass(frozen=True)
class _Place:
    """A passage as it lies in its document."""

    text: str
    heading: str
    document_id: str
    title: str
    version: int
    page: int
    start: int
    end: int

    def passage(self, score: float) -> Passage:
        return Passage(score=score, **vars(self))


class PatientIndex:
    """One patient's approved passages, opened for a call. Synchronous and thread-safe."""

    def __init__(
        self,
        places: list[_Place],
        vectors: veil.Vectors,
        points: list[veil.Vectors],
        library: library_search.Desk | None = None,
    ) -> None:
        self._places = places
        self._library = library
        texts = [f"{place.heading} {place.text}" for place in places]
        self._index = PapersIndex(texts, vectors, points)
        self._medicines = frozenset().union(*map(medicines_in, texts))
        self._known = {
            text: vector
            for place, own in zip(places, points, strict=True)
            for text, vector in zip(read_as(place.heading, place.text), own, strict=False)
        }

    def __len__(self) -> int:
        return len(self._places)

    def search(self, question: str, k: int = 5) -> list[Passage]:
        """The best `k` passages, best first, the patient's own before the library's; none if nothing answers."""
        asked = questions.with_medicines(questions.plain(question), self._medicines)
        if self._library is None or questions.is_about_own_plan(asked):
            return self._own(asked, embeddings.embed_one(asked), k)
        vectors = embeddings.embed(library_search.texts_of(asked))
        shared = self._library.ask(library_search.prepared(asked, vectors), k)
        own = self._own(asked, vectors[0], k)
        if own and own[0].score >= ANSWERED:
            shared.cancel()
            return own
        return [*own, *library_search.answer(shared)][:k]

    def _own(self, asked: str, vector: veil.Vectors, k: int) -> list[Passage]:
        return [self._passage(each) for each in self._index.search(asked, vector, k)]

    def embed(self, texts: Sequence[str]) -> veil.Vectors:
        """As `embeddings.embed`, without computing again what the papers' own sentences mean."""
        new = [text for text in texts if text not in self._known]
        made = dict(zip(new, embeddings.embed(new), strict=True))
        return np.stack([made[text] if text in made else self._known[text] for text in texts])

    def _passage(self, ranked: Ranked) -> Passage:
        return self._places[ranked.row].passage(ranked.score)


def open_index(patient_id: UUID) -> PatientIndex:
    """Opens and unveils the patient's approved passages: about 1 s for a thousand. Raises `Restricted`."""
    restriction.require(patient_id)
    library = library_search.Desk() if library_search.any_live() else None
    chunks = list(
        Chunk.objects.filter(patient_id=patient_id, document__state=Document.State.APPROVED)
        .select_related("document")
        .order_by("document__approved_at", "document_id", "position")
    )
    places = [
        _Place(
            text=chunk.text,
            heading=chunk.heading,
            document_id=str(chunk.document_id),
            title=chunk.document.title,
            version=chunk.document.version,
            page=chunk.page,
            start=chunk.start,
            end=chunk.end,
        )
        for chunk in chunks
    ]
    if not chunks:
        return PatientIndex([], np.zeros((0, embeddings.DIMENSIONS), np.float32), [], library)
    stored = np.stack([chunk.vector for chunk in chunks]).astype(np.float32)
    vectors = veil.unveiled(stored, keyring.key_for(patient_id).secret)
    return PatientIndex(places, vectors, [_points(chunk) for chunk in chunks], library)


def _points(chunk: Chunk) -> veil.Vectors:
    """The vectors of a passage's sentences, (n, 384)."""
    return np.frombuffer(chunk.points or b"", np.float16).reshape(-1, embeddings.DIMENSIONS).astype(np.float32)


def recall(patient_id: UUID, question: str, *, k: int = 5) -> list[Passage]:
    """The best `k` passages of the patient's approved documents; none if nothing answers."""
    return open_index(patient_id).search(question, k)
