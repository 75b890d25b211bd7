"""What can be told from the shape of a sentence when the lexicon has no word for it. Pure.

"I have honey coloured stuff on my face" names something the patient has; unless it is
one of the harmless things people have, it is not for us to drop it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import yaml

from conversations.guardrails import lexicon
from conversations.guardrails.phrases import listed
from conversations.guardrails.reading import Mention
from conversations.guardrails.spelling import LEXICON
from conversations.guardrails.text import Essential, Token, essentials, form, tokens

UNPLACED = "something the lexicon does not know"

_STATE_BEFORE = frozenset(
    "i feel do look go think sound day night week morning weekend sleep it get doing been have well hang".split()
)
_SPLITS = frozenset("but and because so since when while though although if or then until unless as".split())
_VAGUE = frozenset("thing things stuff something whatsit thingy".split())
_DONE = frozenset("out removed replaced done taken fixed checked drawn changed pulled cleaned off repaired".split())
_FUNCTION = frozenset(
    "in on at to from with for by about into over under no not don't haven't won't can't never yes i me you we he "
    "she they it us "
    "him them what when where why how if than then also too up down out off back do will would should could can "
    "may might must go "
    "have be as only".split()
)


LeadIns = Mapping[str, Sequence[tuple[str, ...]]]


@dataclass(frozen=True)
class _Frames:
    harmless: frozenset[str]
    feelings: frozenset[str]
    having: LeadIns
    feeling: LeadIns


@lru_cache
def _frames() -> _Frames:
    data = yaml.safe_load((LEXICON / "frames.yaml").read_text())
    return _Frames(
        frozenset(form(word) for word in data["harmless"].split()) | frozenset(data["harmless"].split()),
        frozenset(form(word) for word in data["feelings"].split()) | frozenset(data["feelings"].split()),
        _lead_ins(data["lead_ins"]),
        _lead_ins(data["feeling_lead_ins"]),
    )


def _lead_ins(phrases: str) -> LeadIns:
    """By first word, longest first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in sorted(listed(phrases), key=len, reverse=True):
        words = tuple(token.word for token in tokens(phrase))
        found.setdefault(words[0], []).append(words)
    return found


def is_state(kept: Sequence[Essential], first: int, last: int) -> bool:
    """Whether a word such as "terrible" tells how the patient is, rather than the weather."""
    before = [essential.form for essential in kept[max(0, first - 1) : first]]
    return not before or before[0] in _STATE_BEFORE or before[0] in ".,;?!"


def unplaced(said: Sequence[Token], kept: Sequence[Essential], placed: Sequence[tuple[int, int]]) -> list[Mention]:
    """What the patient has or feels that no lexicon entry explains."""
    frames = _frames()
    found: list[Mention] = []
    for lead_ins, harmless in ((frames.having, frames.harmless), (frames.feeling, frames.harmless | frames.feelings)):
        for start in _after(said, lead_ins):
            end = _end(said, start)
            if any(first < end and last >= start for first, last in placed):
                continue
            if any(existing.first == start for existing in found):
                continue
            if _is_unknown(said[start:end], harmless):
                found.append(Mention(UNPLACED, start, end - 1))
    return found


def _after(said: Sequence[Token], lead_ins: LeadIns) -> list[int]:
    """The places right behind a lead-in such as "I've been having"."""
    words = [token.word for token in said]
    places, place = [], 0
    while place < len(words):
        starting = lead_ins.get(words[place], ())
        length = next((len(one) for one in starting if tuple(words[place : place + len(one)]) == one), 0)
        if length:
            places.append(place + length)
        place += length or 1
    return places


def _end(said: Sequence[Token], start: int) -> int:
    place = start
    while place < len(said) and not said[place].is_punctuation and said[place].word not in _SPLITS:
        place += 1
    return place


def _is_unknown(words: Sequence[Token], harmless: frozenset[str]) -> bool:
    carrying = [e for e in essentials(words) if e.form not in _FUNCTION]
    if not carrying or not any(char.isalpha() for e in carrying for char in e.form):
        return False
    first = words[0].word
    if first == "new" and lexicon.shared().regions.find(essentials(words)):  # "a new … in my chest" is no new car
        return _is_unknown(words[1:], harmless)
    if first in _FUNCTION | {"been"} or first.endswith("ed") or first in harmless:
        return False
    if _has_been_done(words):
        return False
    if any(token.word in _VAGUE for token in words) and lexicon.shared().regions.find(essentials(words)):
        return True
    return not any(token.word in harmless or token.form in harmless for token in words)


def _has_been_done(words: Sequence[Token]) -> bool:
    """ "My gallbladder out", "my blood drawn": what was done to the patient."""
    return bool(words) and words[0].word in ("my", "the", "a", "it") and words[-1].word in _DONE
