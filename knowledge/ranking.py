"""Which passages answer a question: vectors and BM25 fused, then a re-rank that costs microseconds. Pure.

BM25 after Robertson & Zaragoza 2009, with everyday synonyms as cheaper matches. The
re-rank knows which kind of thing is asked (docs/decisions/0023).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.synonyms import MEANS
from knowledge.words import lexemes

Vectors = npt.NDArray[np.float32]
K1, B = 1.2, 0.75
SYNONYM = 0.4  # a synonym counts this much of the word itself
CANDIDATES = 50
ANSWERS = 0.3  # calibrated score below which nothing is said


@dataclass(frozen=True)
class Ranked:
    """A row of the index, and the chance that it answers."""

    row: int
    score: float


class Lexicon:
    """An inverted index of texts for BM25."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(lexemes(text)) for text in texts]
        self._lengths = np.array([sum(each.values()) for each in counts], np.float32)
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for row, each in enumerate(counts):
            for word, count in each.items():
                self._postings[word].append((row, count))
        self._mean = float(self._lengths.mean()) if len(counts) else 1.0

    def scores(self, question: str) -> npt.NDArray[np.float32]:
        """BM25 of every text, divided by what a text holding all of the question's words would get."""
        total = np.zeros(len(self._lengths), np.float32)
        best = 0.0
        for word in set(lexemes(question)):
            own = self._weight(word)
            best += own * (K1 + 1) * 0.6
            held = self._matches(word, 1.0)
            for other in MEANS.get(word, ()):
                if other != word:
                    held = np.maximum(held, self._matches(other, SYNONYM))
            total += held
        return total / best if best else total

    def _weight(self, word: str) -> float:
        n, held = len(self._lengths), len(self._postings.get(word, ()))
        return math.log(1 + (n - held + 0.5) / (held + 0.5))

    def _matches(self, word: str, worth: float) -> npt.NDArray[np.float32]:
        found = np.zeros(len(self._lengths), np.float32)
        postings = self._postings.get(word)
        if not postings:
            return found
        rows, counts = np.array(postings).T
        frequency = counts.astype(np.float32)
        length = self._lengths[rows] / max(self._mean, 1.0)
        found[rows] = worth * self._weight(word) * frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * length))
        return found


class Index:
    """Passages of one reader, in memory. Safe to search from several threads."""

    def __init__(self, texts: Sequence[str], vectors: Vectors) -> None:
        self._lexicon = Lexicon(texts)
        self._vectors = vectors

    def search(self, question: str, vector: Vectors, k: int) -> list[Ranked]:
        """The best `k` rows, best first; empty if nothing answers."""
        if not len(self._vectors):
            return []
        cosine = self._vectors @ vector
        fused = cosine + 0.35 * np.minimum(self._lexicon.scores(question), 1.0)
        best = np.argsort(-fused, kind="stable")[: min(k, CANDIDATES)]
        ranked = [Ranked(int(row), calibrated(float(fused[row]))) for row in best]
        return ranked if ranked[0].score >= ANSWERS else []


def calibrated(fused: float) -> float:
    """The chance that a passage with this fused score answers (fitted by `manage.py evaluate retrieval`)."""
    return 1 / (1 + math.exp(-9.0 * (fused - 0.36)))
