"""Nothing wrong is said: a discharge sentence changed in one place is stopped, and as written it passes."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from knowledge import chunking, embeddings, grounding
from knowledge.extraction import pdf, plain
from knowledge.extraction.pages import Page
from knowledge.sentences import sentences
from tests.knowledge import perturbed

SAMPLES = Path(__file__).resolve().parents[2] / "knowledge" / "samples"


@dataclass(frozen=True)
class Passage:
    text: str
    heading: str
    score: float = 1.0


def papers() -> list[list[Page]]:
    return [
        list(pdf.read(pdf.open_document((SAMPLES / "hip_replacement.pdf").read_bytes(), max_pages=500))),
        list(plain.read((SAMPLES / "heart_failure.txt").read_text())),
        list(plain.read((SAMPLES / "gallbladder.md").read_text(), markdown=True)),
        list(plain.read(f"Instructions\n\n{perturbed.MORE}")),
    ]


def cases() -> list[tuple[list[Passage], str]]:
    """Every full sentence of the papers, with the passages of its paper."""
    found = []
    for pages in papers():
        passages = [Passage(each.text, each.heading) for each in chunking.slices(pages)]
        for passage in passages:
            written = (span.of(passage.text) for span in sentences(passage.text))
            found += [(passages, text) for text in written if len(text.split()) >= 4 and " | " not in text]
    return found


@pytest.fixture(scope="module")
def asked() -> list[tuple[list[Passage], str]]:
    return cases()


def test_what_is_written_may_be_said(asked):
    stopped = [
        text for passages, text in asked if not grounding.check(text, passages, reader=embeddings.words).supported
    ]
    assert len(stopped) <= 0.02 * len(asked), stopped


def test_every_sentence_made_wrong_is_stopped(asked):
    wrong = [(passages, each) for passages, text in asked for each in perturbed.perturb(text)]
    kinds = Counter(each.kind for _, each in wrong)
    assert len(wrong) >= 300 and len(kinds) >= 7, kinds
    passed = [
        (each.kind, each.sentence, each.original)
        for passages, each in wrong
        if grounding.check(each.sentence, passages, reader=embeddings.words).supported
    ]
    assert not passed, passed
