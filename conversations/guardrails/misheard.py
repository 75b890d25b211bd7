"""Real words that sound like a warning sign: "chess pain", "hard attack", "sea sure". Pure.

Phrases are compared by the consonants that recognisers seldom lose. What is found here
is only ever asked back.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import yaml
from rapidfuzz.distance import OSA

from conversations.guardrails import spelling
from conversations.guardrails.phrases import listed
from conversations.guardrails.spelling import LEXICON
from conversations.guardrails.text import Token, tokens

SHORTEST_CODE = 3
ONE_OFF_FROM = 4  # a phrase with this many consonants may have one of them wrong
ALIKE = 0.6
IN_PLACE = 3

_SOUNDS = tuple(
    (re.compile(pattern), becomes)
    for pattern, becomes in (
        (r"(.)\1+", r"\1"), (r"gh", ""), (r"ph", "f"), (r"tch|ch|sh", "x"), (r"th", "t"), (r"ck|q", "k"),
        (r"c(?=[eiy])", "s"), (r"c", "k"), (r"x", "ks"), (r"z", "s"), (r"d", "t"), (r"b", "p"), (r"v", "f"),
        (r"g|j", "k"), (r"[aeiouywh'-]", ""),
    )
)  # fmt: skip
Words = tuple[str, ...]


@dataclass(frozen=True)
class _Targets:
    """`by_code` for what sounds the same; `by_gap` for phrases with one word (None) to be compared."""

    by_code: Mapping[str, Sequence[tuple[str, str]]]
    by_gap: Mapping[tuple[str | None, ...], Sequence[tuple[str, str]]]
    phrases: frozenset[Words]
    longest: int


def find(said: Sequence[Token]) -> Iterator[tuple[str, int, int]]:
    """Concept, first and last token of what sounds like a warning sign and isn't one as it stands."""
    targets = _targets()
    words = [token.word for token in said]
    for start in range(len(said)):
        for end in range(start + 1, min(start + 1 + targets.longest, len(said)) + 1):
            if said[end - 1].is_punctuation:
                break
            concept = _heard(tuple(words[start:end]), targets)
            if concept:
                yield concept, start, end - 1


def _heard(words: Words, targets: _Targets) -> str:
    if words in targets.phrases or (len(words) == 1 and spelling.is_everyday(words[0])):
        return ""
    spoken = "".join(words)
    for phrase, concept in targets.by_code.get("".join(code(word) for word in words), ()):
        if OSA.normalized_similarity(spoken, phrase) >= ALIKE:
            return concept
    return _one_off(words, targets)


def _one_off(words: Words, targets: _Targets) -> str:
    """One word is nearly another: "chess" for "chest" beside "pain"; "read" is no "breathe"."""
    if len(words) < 2:
        return ""
    for place, word in enumerate(words):
        for meant, concept in targets.by_gap.get((*words[:place], None, *words[place + 1 :]), ()):
            if word != meant and _nearly(word, meant, in_place=len(words) >= IN_PLACE):
                return concept
    return ""


def _nearly(word: str, meant: str, *, in_place: bool) -> bool:
    """Whether one word may be heard for the other; `in_place`, among words that fit, the letters matter less."""
    spoken, wanted = code(word), code(meant)
    if OSA.distance(spoken, wanted) > 1:
        return False
    if OSA.normalized_similarity(word, meant) >= ALIKE:
        return True
    return in_place and spoken[:1] == wanted[:1] and abs(len(word) - len(meant)) <= 2  # "a plane in my chest"


@lru_cache(maxsize=8192)
def code(word: str) -> str:
    """The consonants of a word as they sound, voiced and unvoiced alike: "chest" → "xst"."""
    for pattern, becomes in _SOUNDS:
        word = pattern.sub(becomes, word)
    return word


@lru_cache
def _targets() -> _Targets:
    data = yaml.safe_load((LEXICON / "misheard.yaml").read_text())
    phrases = {
        tuple(token.word for token in tokens(phrase)): concept
        for concept, written in data.items()
        for phrase in listed(written)
    }
    codes: dict[str, list[tuple[str, str]]] = {}
    for words, concept in phrases.items():
        codes.setdefault("".join(code(word) for word in words), []).append(("".join(words), concept))
    gaps: dict[tuple[str | None, ...], list[tuple[str, str]]] = {}
    for words, concept in phrases.items():
        for place, word in enumerate(words):
            if len(words) > 1 and len(word) >= ONE_OFF_FROM:
                gaps.setdefault((*words[:place], None, *words[place + 1 :]), []).append((word, concept))
    by_code = {sound: written for sound, written in codes.items() if len(sound) >= SHORTEST_CODE}
    return _Targets(by_code, gaps, frozenset(phrases), max(map(len, phrases)))
