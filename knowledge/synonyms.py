"""Everyday and clinical words for the same thing, so that a question finds its answer. Pure."""

from knowledge import lexicon
from knowledge.words import stem

MEANS: dict[str, frozenset[str]] = {}
for _group in lexicon.lines("synonyms"):
    _stems = frozenset(stem(word) for word in _group.split())
    for _stem in _stems:
        MEANS[_stem] = MEANS.get(_stem, frozenset()) | _stems


def alike(one: str, other: str) -> bool:
    """Whether two stems are the same word or everyday synonyms."""
    return one == other or other in MEANS.get(one, frozenset())
