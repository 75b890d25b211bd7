"""Words that are spelt, or recognised, wrongly: "diarhea", "headake", "palpatations". Pure.

A word is only corrected if it is no everyday word (`lexicon/known_words.txt`, from the
vocabulary of MiniLM, Apache-2.0) and close to one that symptoms are told with.
"""

import re
from functools import lru_cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

LEXICON = Path(__file__).parent / "lexicon"

SHORTEST = 5
LONG = 8  # from here on a word may differ more
CLOSE, CLOSE_IF_LONG = 0.8, 0.74


@lru_cache
def _everyday() -> frozenset[str]:
    return frozenset((LEXICON / "known_words.txt").read_text().split())


@lru_cache
def _symptom_words() -> tuple[str, ...]:
    written = " ".join(
        (LEXICON / f"{name}.yaml").read_text() for name in ("symptoms", "emergencies", "body", "sensations")
    )
    return tuple(sorted(set(re.findall(rf"[a-z]{{{SHORTEST},}}", written))))


def is_everyday(word: str) -> bool:
    """Whether it is an ordinary word; short ones count as such."""
    return len(word) < SHORTEST or word in _everyday()


@lru_cache(maxsize=4096)
def corrected(word: str) -> str:
    """The symptom word that was meant, or the word itself."""
    if len(word) < SHORTEST or not word.isalpha() or word in _everyday() or word in _symptom_set():
        return word
    stems = {word.removesuffix(ending) for ending in ("s", "es", "ed", "d", "ing", "ly", "er", "r")}
    if not stems.isdisjoint(_everyday()) or not stems.isdisjoint(_symptom_set()):
        return word
    cutoff = CLOSE_IF_LONG if len(word) >= LONG else CLOSE
    found = process.extractOne(word, _symptom_words(), scorer=OSA.normalized_similarity, score_cutoff=cutoff)
    return found[0] if found and found[0][0] == word[0] else word


@lru_cache
def _symptom_set() -> frozenset[str]:
    return frozenset(_symptom_words())
