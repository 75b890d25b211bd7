"""Words as the index counts them: lower case, stemmed, without the ones that carry no meaning. Pure."""

import re
from collections.abc import Iterable
from functools import lru_cache

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:[.,]\d+)*")
STOP = frozenset(
    """a about after again all also am an and any are as at be because been before being but by can could did do does
    doing for from get got had has have having he her here hers him his how i if in into is it its just let like me my
    no nor not of off on once only or other our out over own please same she should so some such than that the their
    them then there these they this those through to too until up very was we were what when where which while who
    whom why will with would you your yours i'm i've don't it's that's can't okay ok
    yes um uh well may might must shall""".split()
)


@lru_cache(maxsize=4096)  # a passage is compared with every sentence of an answer
def lexemes(text: str) -> tuple[str, ...]:
    """The stems of `text`, in order, with repetitions."""
    return tuple(stem(word) for word in _WORD.findall(text.lower().replace("’", "'")) if word not in STOP)


def tsvector(words: Iterable[str]) -> str:
    """PostgreSQL's text form of a tsvector of these words, in order."""
    places: dict[str, list[int]] = {}
    for position, word in enumerate(words, start=1):
        places.setdefault(word, []).append(min(position, 16383))
    return " ".join(f"'{word}':{','.join(map(str, at[:200]))}" for word, at in places.items())


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A light English stemmer (after Harman's S-stemmer, with -ing, -ed and -ly), enough to join a word's forms."""
    word = word.split("'")[0]
    if len(word) <= 3 or not word.isalpha():
        return word
    for ending, kept in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x")):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)] + kept
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ingly", "edly", "ing", "ed", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and re.search("[aeiouy]", word[: -len(ending)]):
            return _restored(word[: -len(ending)])
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


def _restored(root: str) -> str:
    """swell(ing), stop(ped): a doubled consonant goes, except where it belongs to the word."""
    if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz":
        return root[:-1]
    return root[:-1] if root.endswith("e") and len(root) > 4 else root
