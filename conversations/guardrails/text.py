"""Everyday speech as tokens: apostrophes restored, word forms unified, filler words set aside. Pure.

Two views of the same words: the tokens keep everything, for the context rules ("not
really"); `essentials` keeps what carries a symptom, so that "I really can't, um, catch my
breath" and "can't catch a breath" read alike.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from conversations.guardrails.spelling import LEXICON, corrected

_TOKEN = re.compile(r"\d+(?:[.,/]\d+)*|[a-z]+(?:['-][a-z]+)*|[.?!;:,]|\n")
_ENDS = frozenset(".?!;\n")
_PUNCTUATION = frozenset(".?!;:,\n")
_APOSTROPHES = {
    written.replace("'", ""): written
    for written in (
        "don't doesn't didn't can't couldn't won't wouldn't isn't aren't wasn't weren't haven't hasn't hadn't "
        "shouldn't "
        "ain't i've i'm that's there's what's you're they're we're he's i'd'nt"
    ).split()
    if written.replace("'", "") not in {"were", "hes"}
}


@dataclass(frozen=True)
class Token:
    """`word` is lower case, `form` its unified form; `start` and `end` are characters, `index` the token's place."""

    word: str
    form: str
    start: int
    end: int
    index: int

    @property
    def ends_sentence(self) -> bool:
        return self.word in _ENDS

    @property
    def is_punctuation(self) -> bool:
        return self.word in _PUNCTUATION


@dataclass(frozen=True)
class Essential:
    """A word that carries meaning, or several read as one: tokens `first` to `last`, both included."""

    form: str
    first: int
    last: int


def tokens(text: str) -> list[Token]:
    plain = text.casefold().replace("’", "'").replace("‘", "'").replace("`", "'")
    if len(plain) != len(text):  # a letter that folds into two would shift every place behind it
        plain = text.lower().replace("’", "'")
    found = []
    for index, match in enumerate(_TOKEN.finditer(plain)):
        word = _APOSTROPHES.get(match.group(), match.group())
        found.append(Token(word, form(corrected(word)), match.start(), match.end(), index))
    return found


def essentials(read: Sequence[Token]) -> list[Essential]:
    """What is left without filler words; punctuation stays, as no phrase reaches across it."""
    kept = [Essential(token.form, token.index, token.index) for token in read if token.word not in _words().skipped]
    return _rewrite(kept)


def essential_forms(phrase: str) -> tuple[str, ...]:
    """A lexicon phrase, read the way speech is."""
    return tuple(essential.form for essential in essentials(tokens(phrase)))


def is_soft(form: str) -> bool:
    """Whether a word may stand inside a phrase without changing what it names: "my left arm"."""
    return form in _words().soft


def is_gap(form: str) -> bool:
    """Whether a word may stand between a part of the body and what it does."""
    return form in _words().gap


def is_not_the_patient(form: str) -> bool:
    """Whether a word turns the symptom before it into a thing: "pain pill", "chest x-ray"."""
    return form in _words().things


def _rewrite(kept: list[Essential]) -> list[Essential]:
    rewrites = _words().rewrites
    result: list[Essential] = []
    place = 0
    while place < len(kept):
        for length in range(min(_words().longest_rewrite, len(kept) - place), 0, -1):
            into = rewrites.get(tuple(essential.form for essential in kept[place : place + length]))
            if into is not None:
                first, last = kept[place].first, kept[place + length - 1].last
                result += [Essential(word, first, last) for word in into]
                place += length
                break
        else:
            result.append(kept[place])
            place += 1
    return result


@dataclass(frozen=True)
class _Words:
    skipped: frozenset[str]
    soft: frozenset[str]
    gap: frozenset[str]
    things: frozenset[str]
    forms: Mapping[str, str]
    rewrites: Mapping[tuple[str, ...], tuple[str, ...]]
    longest_rewrite: int


@lru_cache
def _words() -> _Words:
    data: dict[str, Any] = yaml.safe_load((LEXICON / "words.yaml").read_text())
    forms = {
        written: base
        for base, _, all_forms in (line.partition(" = ") for line in data["forms"].splitlines())
        for written in (base, *all_forms.split())
    }
    pairs = [line.partition(" = ") for line in data["rewrites"].splitlines()]
    skipped = frozenset(data["skipped"].split())
    rewrites = {}
    for written, _, meant in pairs:
        forms_written = tuple(_form(word, forms) for word in written.split() if word not in skipped)
        rewrites[forms_written] = tuple(_form(word, forms) for word in meant.split())
    soft = frozenset(_form(word, forms) for word in data["soft"].split())
    gap, things = (frozenset(_form(word, forms) for word in data[name].split()) for name in ("gap", "things"))
    return _Words(skipped, soft, gap, things, forms, rewrites, max(map(len, rewrites)))


def form(word: str) -> str:
    return _form_of(word)


@lru_cache(maxsize=20_000)
def _form_of(word: str) -> str:
    return _form(word, _words().forms)


def _form(word: str, forms: Mapping[str, str]) -> str:
    """The unified form: what the word list says, else without its plural, -ing, -ed or -ness."""
    if word in forms:
        return forms[word]
    if word.endswith("'s"):
        word = word[:-2]
    for shorter in _candidates(word):
        if shorter in forms:
            return forms[shorter]
    bare = next(iter(_candidates(word)), word)
    return bare[:-1] if len(bare) > 4 and bare.endswith("e") else bare  # "close" and "closing" are one word


def _candidates(word: str) -> list[str]:
    """Shorter spellings to look up, likeliest first."""
    if len(word) < 5:
        return [word[:-1]] if len(word) == 4 and word.endswith("s") and word[-2] not in "sui" else []
    if word.endswith("iness"):
        return [word[:-5] + "y"]
    if word.endswith("ness"):
        return [word[:-4]]
    if word.endswith("ies"):
        return [word[:-3] + "y"]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            stem = word[: -len(ending)]
            undoubled = stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "sl" else stem
            return [undoubled, undoubled + "e"]
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return [word[:-2]]
    if word.endswith("s") and word[-2] not in "sui":
        return [word[:-1]]
    return []
