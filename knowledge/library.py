"""The clinic's shared library: patient education, not about any patient.

Plain pgvector (HNSW) and PostgreSQL's text search find candidates among up to a
million passages; a re-rank with the document's subject and the section's aim orders
them (docs/decisions/0023).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge import aims, chunking, embeddings
from knowledge.extraction.pages import Block, BlockKind, Page
from knowledge.ranking import Vectors


@dataclass(frozen=True)
class Described:
    """The sections of one document: their passages, vectors and aims' features, and the title's vector."""

    title: Vectors
    passages: list[list[chunking.Slice]]  # a list a section
    vectors: list[Vectors]  # (n, 384) a section
    features: list[Vectors]


def sections_described(title: str, texts: Sequence[str]) -> Described:
    """Embeds a document's sections; each passage is read together with the title."""
    passages = [list(chunking.slices([_page(text)])) for text in texts]
    flat = embeddings.embed([title, *(f"{title}. {each.text}" for section in passages for each in section)])
    vectors: list[Vectors] = []
    start = 1
    for section in passages:
        vectors.append(flat[start : start + len(section)])
        start += len(section)
    described = [
        aims.features(text, of_section, flat[0], position, len(texts))
        for position, (text, of_section) in enumerate(zip(texts, vectors, strict=True))
    ]
    return Described(flat[0], passages, vectors, described)


def _page(text: str) -> Page:
    return Page(1, text, (Block(BlockKind.PARAGRAPH, 0, len(text)),))
