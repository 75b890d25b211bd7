"""How much of a sentence's meaning some text holds, word by word. Pure.

Each word of the sentence is compared with the words of the text as the model reads
them in context (after BERTScore's recall, Zhang et al. 2020), rare words counting more
and words that the question gave counting less.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from knowledge.facts import is_measure
from knowledge.medicines import generic_of
from knowledge.synonyms import alike
from knowledge.words import STOP, lexemes, stem

RARE = 1.0
GIVEN = 0.15  # weight of a word that the question already said
SAME, SYNONYM = 0.9, 0.85
LIGHT_WEIGHT = 0.3
LIGHT = frozenset(
    """may might help include includ cause associat use possibl possible common commonly usual usually often typical
    typically general generally consider considered type several many few way thing people person patient medication
    medicine treatment symptom sign condition disease effect side take get make need please important note also
    experience experienc develop increas feel related relat due case form kind become remain known know""".split()
)


class Read(Protocol):
    """A text as the model reads it: its words, a unit vector each (n, 384), and how rare each is (0.2 to 1.5)."""

    @property
    def texts(self) -> Sequence[str]: ...

    @property
    def vectors(self) -> npt.NDArray[np.float32]: ...

    @property
    def rarity(self) -> Sequence[float]: ...


Reader = Callable[[str], Read]
Likes = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Likeness:
    """`covered` is the weighted mean likeness of the sentence's words, 0 to 1; `rarest` the least of its rare words."""

    covered: float
    rarest: float


class Comparison:
    """One sentence, compared with as many texts as need be."""

    def __init__(self, sentence: Read, question: str = "") -> None:
        given = frozenset(lexemes(question))
        kept = [index for index, word in enumerate(sentence.texts) if _counts(word)]
        self._stems = [stem(sentence.texts[index].lower()) for index in kept]
        self._vectors = sentence.vectors[kept]
        known = np.array([root in given for root in self._stems], bool)
        light = np.array([root in LIGHT for root in self._stems], bool)
        rarity = np.array([sentence.rarity[index] for index in kept], np.float32)
        self._weights = rarity * np.where(light, LIGHT_WEIGHT, 1.0) * np.where(known, GIVEN, 1.0)
        self._rare = (rarity >= RARE) & ~light & ~known
        self._total = float(self._weights.sum())

    def against(self, source: Read) -> Likes:
        """How like each word of the sentence is to its nearest in `source`."""
        if not len(self._stems) or not len(source.vectors):
            return np.zeros(len(self._stems), np.float32)
        nearest = (self._vectors @ source.vectors.T).max(axis=1)
        held = frozenset(stem(word.lower()) for word in source.texts)
        exact = np.array([_same(root, held) for root in self._stems], np.float32)
        likes: Likes = np.maximum(nearest, exact)
        return likes

    def judged(self, likes: Sequence[Likes]) -> Likeness:
        """The likeness to several texts taken together, each word finding its best."""
        if not self._total or not likes:
            return Likeness(0.0, 0.0)
        best = np.max(np.stack(likes), axis=0)
        rarest = float(best[self._rare].min()) if self._rare.any() else 1.0
        return Likeness(float(best @ self._weights) / self._total, rarest)

    def near(self, sources: Sequence[Read], least: float) -> frozenset[str]:
        """The stems of the sentence whose meaning some word of the texts comes so near to, synonyms left out."""
        found: set[str] = set()
        for source in sources:
            if len(self._stems) and len(source.vectors):
                best = (self._vectors @ source.vectors.T).max(axis=1)
                found.update(root for root, like in zip(self._stems, best.tolist(), strict=True) if like >= least)
        return frozenset(found)


def _counts(word: str) -> bool:
    """Medicines and amounts are compared exactly, elsewhere."""
    lower = word.lower()
    return lower not in STOP and len(word) > 1 and not generic_of(lower) and not is_measure(stem(lower))


@lru_cache(maxsize=50_000)
def _same(root: str, held: frozenset[str]) -> float:
    if root in held:
        return SAME
    return SYNONYM if any(alike(root, other) for other in held) else 0.0
