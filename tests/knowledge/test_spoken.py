"""The sample papers answer what patients ask of them, in their own words, and nothing else is answered."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from knowledge import chunking, embeddings, grounding, ingestion, questions
from knowledge.extraction import pdf, plain
from knowledge.medicines import medicines_in
from knowledge.ranking import PapersIndex
from tests.knowledge import spoken

SAMPLES = Path(__file__).resolve().parents[2] / "knowledge" / "samples"


@dataclass(frozen=True)
class Found:
    text: str
    heading: str
    score: float


class Papers:
    """One document, indexed as for a call, without a database."""

    def __init__(self, pages) -> None:
        self.slices = list(chunking.slices(pages))
        embedded = ingestion._vectors(self.slices)
        texts = [f"{each.heading} {each.text}" for each in self.slices]
        self.medicines = frozenset().union(*map(medicines_in, texts))
        vectors = embeddings.embed([ingestion._embedded_text(each) for each in self.slices])
        self.index = PapersIndex(texts, vectors, [points for _, points in embedded])

    def recall(self, question: str) -> list[Found]:
        asked = questions.with_medicines(questions.plain(question), self.medicines)
        ranked = self.index.search(asked, embeddings.embed_one(asked), 5)
        return [Found(self.slices[r.row].text, self.slices[r.row].heading, r.score) for r in ranked]


@pytest.fixture(scope="module")
def library() -> list[tuple[Papers, list[tuple[str, str | None]]]]:
    hip = pdf.read(pdf.open_document((SAMPLES / "hip_replacement.pdf").read_bytes(), max_pages=500))
    heart = plain.read((SAMPLES / "heart_failure.txt").read_text())
    gallbladder = plain.read((SAMPLES / "gallbladder.md").read_text(), markdown=True)
    return [(Papers(hip), spoken.HIP), (Papers(heart), spoken.HEART), (Papers(gallbladder), spoken.GALLBLADDER)]


def test_the_passage_that_answers_is_among_the_first_three(library):
    asked = [(papers, q, want) for papers, cases in library for q, want in cases if want]
    missed = [q for papers, q, want in asked if not any(want in found.text for found in papers.recall(q)[:3])]
    assert len(missed) <= 0.05 * len(asked), missed


def test_quotes_answer_and_silence_is_kept_where_nothing_does(library):
    right, wrong, silent, kept = 0, [], 0, 0
    for papers, cases in library:
        for question, want in cases:
            quote = grounding.quote(question, papers.recall(question), embeddings.embed)
            if want is None:
                silent, kept = silent + 1, kept + (quote is None)
            elif quote is not None:
                right += want in quote.text
                wrong += [] if want in quote.text else [question]
    answerable = sum(want is not None for _, cases in library for _, want in cases)
    assert right >= 0.9 * answerable
    assert len(wrong) <= 0.03 * answerable, wrong
    assert kept >= 0.9 * silent
