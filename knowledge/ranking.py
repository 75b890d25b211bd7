"""Which passages answer a question: vectors and words fused, then a re-rank that costs microseconds. Pure.

BM25 after Robertson & Zaragoza 2009, with everyday synonyms as cheaper matches. A
patient's own short papers are also compared sentence by sentence; the library's long
articles by their subject and by what each section is about (docs/decisions/0023).
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
Scores = npt.NDArray[np.float32]
K1, B = 1.2, 0.75
SYNONYM = 0.4  # a synonym counts this much of the word itself
PASSAGE, SENTENCE, WORDS = 0.25, 0.75, 0.35  # a patient's own papers
SUBJECT, AIM, WORDED = 1.2, 0.3, 0.1  # the library
NAMED = 0.5  # chance of a passage that has the question's very words
ANSWERS = 0.25  # chance below which nothing is returned


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
        held: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for row, each in enumerate(counts):
            for word, count in each.items():
                held[word].append((row, count))
        self._postings = {word: np.array(rows, np.int32).T for word, rows in held.items()}
        self._mean = float(self._lengths.mean()) if len(counts) else 1.0

    def scores(self, question: str) -> Scores:
        """BM25 of every text, divided by what a text holding all of the question's words would get."""
        total = np.zeros(len(self._lengths), np.float32)
        best = 0.0
        for word in set(lexemes(question)):
            best += self._weight(word) * (K1 + 1) * 0.6
            held = self._matches(word, 1.0)
            for other in MEANS.get(word, frozenset()) - {word}:
                held = np.maximum(held, self._matches(other, SYNONYM))
            total += held
        return total / best if best else total

    def _weight(self, word: str) -> float:
        n, held = len(self._lengths), len(self._postings.get(word, ((),))[0])
        return math.log(1 + (n - held + 0.5) / (held + 0.5))

    def _matches(self, word: str, worth: float) -> Scores:
        found = np.zeros(len(self._lengths), np.float32)
        postings = self._postings.get(word)
        if postings is not None:
            rows, frequency = postings[0], postings[1].astype(np.float32)
            length = self._lengths[rows] / max(self._mean, 1.0)
            found[rows] = worth * self._weight(word) * frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * length))
        return found


class PapersIndex:
    """One patient's passages in memory. `points` holds, for each passage, the vectors of its sentences."""

    def __init__(self, texts: Sequence[str], vectors: Vectors, points: Sequence[Vectors]) -> None:
        self._lexicon = Lexicon(texts)
        self._vectors = vectors
        self._points = np.concatenate(
            [each for each in points if len(each)] or [np.zeros((0, vectors.shape[-1]), np.float32)]
        )
        self._owners = np.repeat(np.arange(len(points)), [len(each) for each in points])

    def search(self, question: str, vector: Vectors, k: int) -> list[Ranked]:
        """The best `k` rows, best first; empty if nothing answers."""
        if not len(self._vectors):
            return []
        fused = self.fused(question, vector)
        best = np.argsort(-fused, kind="stable")[:k]
        ranked = [Ranked(int(row), papers_chance(float(fused[row]))) for row in best]
        return [each for each in ranked if each.score >= ANSWERS]

    def fused(self, question: str, vector: Vectors) -> Scores:
        whole = self._vectors @ vector
        sentence = whole.copy()
        np.maximum.at(sentence, self._owners, self._points @ vector)
        found: Scores = PASSAGE * whole + SENTENCE * sentence + WORDS * np.minimum(self._lexicon.scores(question), 1.0)
        return found


def papers_chance(fused: float) -> float:
    """The chance that a passage of a patient's papers with this fused score answers (tests/knowledge/spoken.py)."""
    return 1 / (1 + math.exp(-9.0 * (fused - 0.42)))


def library_score(cosine: Scores, subject: Scores, aim: Scores) -> Scores:
    """The re-rank of the library's candidates, from the cosines of question and passage, and of subject and title,
    and the log chance that the section is about what is asked."""
    found: Scores = cosine + SUBJECT * subject + AIM * aim
    return found


def library_chance(cosine: float, subject: float, held: float = 0.0) -> float:
    """The chance that a passage of the library is about the question's subject at all.

    `held` is the share of the subject's words that the passage has. One that has them and comes near in meaning
    is worth a look, however its title is worded: whether it answers, the words that are quoted must show.
    """
    likely = NAMED if held >= 0.8 and cosine >= 0.55 else 0.0
    return max(likely, 1 / (1 + math.exp(-(17.8 * cosine + 14.3 * subject - 24.0))))
