"""What a sentence denies, what it makes conditional, and which words are each other's opposite. Pure.

Negation scope after Chapman et al. 2001 (NegEx): from the cue to the next boundary;
two cues in one scope cancel out ("do not stop taking").
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from knowledge import lexicon
from knowledge.medicines import generic_of
from knowledge.words import STOP, stem

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:[.,]\d+)*|[.,;:()!?–—|]")
_CUES = frozenset(
    """no not never none without cannot nor neither avoid avoids avoiding avoided stop stops stopped stopping
    skip skipping refrain
    deny denies denied unable don't doesn't didn't won't can't shouldn't mustn't isn't
    aren't wasn't weren't hasn't haven't couldn't wouldn't needn't quit prevent
    prevents preventing lack lacks
    absence free prohibited forbidden unsafe unlikely rarely hardly""".split()
)
_BOUNDARY = frozenset(
    """. ; ! ? | but however because although though except unless until if when since so then while whereas
    rather instead""".split()
)
_NOT_ONLY = re.compile(
    r"\bnot (?:only|just|necessarily)\b|\bno (?:longer than|more than|less than|later than|matter)\b"
)
_DENIED_LIMIT = re.compile(
    r"\b(?:do not|don't|not|never|no)\b(?P<between>[^.;,]{0,40}?)"
    r"\b(?P<limit>(?:more|greater|heavier|longer|less) than)\b"
)
_MODAL = frozenset("can may might could should must will would do does did is are was were be to".split())


@dataclass(frozen=True)
class Polarity:
    """The stems of a sentence, and which of them stand under a negation."""

    affirmed: frozenset[str]
    denied: frozenset[str]


@lru_cache(maxsize=4096)
def polarity(text: str) -> Polarity:
    affirmed: set[str] = set()
    denied: set[str] = set()
    cues = 0
    tokens = _tokens(text)
    for index, word in enumerate(tokens):
        if word in _BOUNDARY or (word == "," and _new_clause(tokens, index)):
            cues = 0
        elif word in _CUES:
            cues += 1
        elif word.isalpha() and word not in STOP and word not in _MODAL:
            (denied if cues % 2 else affirmed).add(stem(word))
    return Polarity(frozenset(affirmed), frozenset(denied))


def opposed(one: Polarity, other: Polarity, *, names_too: bool) -> frozenset[str]:
    """The stems that one sentence affirms and the other only denies, or the other way round."""
    one_way = (one.affirmed - one.denied) & (other.denied - other.affirmed)
    other_way = (one.denied - one.affirmed) & (other.affirmed - other.denied)
    against = one_way | other_way
    agreed = (one.affirmed & other.affirmed) | (one.denied & other.denied)
    if not names_too and agreed and all(generic_of(word) for word in against):
        return frozenset()  # "not recommended with Zyrtec, as both are antihistamines" denies no name
    return against


def _tokens(text: str) -> list[str]:
    lower = text.lower().replace("’", "'").replace("can not", "cannot")
    lower = _NOT_ONLY.sub(" ", lower)
    lower = _DENIED_LIMIT.sub(lambda m: f"{m['between']} {m['limit']}", lower)  # a limit is an amount, not a denial
    return _TOKEN.findall(lower)


def _new_clause(tokens: list[str], index: int) -> bool:
    """Whether a comma opens a clause of its own: a list ("no redness, swelling or pus") goes on."""
    following = tokens[index + 1 : index + 4]
    if not following:
        return True
    if following[0] in {"and", "or"}:
        return len(following) > 1 and following[1] in _CLAUSE_OPENERS
    return following[0] in _CLAUSE_OPENERS


_CLAUSE_OPENERS = frozenset(
    """as you your we they he she it this that these there call take keep go see do use wear walk drink eat ask
    tell talk please always also check wash rest stay put get contact seek try get make let start begin
    continue which who""".split()
)

_ANTONYMS: dict[str, frozenset[str]] = {}
for _pair in lexicon.lines("opposites"):
    _one, _other = (frozenset(side.split()) for side in _pair.split("/"))
    for _word in _one:
        _ANTONYMS[_word] = _ANTONYMS.get(_word, frozenset()) | _other
    for _word in _other:
        _ANTONYMS[_word] = _ANTONYMS.get(_word, frozenset()) | _one


def contrasts(claim: str, source: str) -> frozenset[str]:
    """Words of `claim` that `source` lacks while it has their opposite."""
    said = set(re.findall(r"[a-z]+", claim.lower()))
    written = set(re.findall(r"[a-z]+", source.lower()))
    return frozenset(word for word in said - written if _ANTONYMS.get(word, frozenset()) & written)


_CONDITION = re.compile(
    r"\b(?P<cue>only if|only when|unless|except|if|as long as|provided|in case|until|only)\b\s*(?P<what>[^.;!?|]*)",
    re.IGNORECASE,
)
_DIRECTIVE = re.compile(
    r"^(?:please\s+|do not\s+|don't\s+|never\s+|always\s+|you\s+(?:can|may|should|must|need to|have to)\s+)?"
    r"(?:take|use|stop|start|call|go|keep|wear|apply|change|remove|drink|eat|avoid|do|drive|lift|walk|shower|bathe|return|"
    r"see|contact|consult|speak|talk|seek|put|clean|wash|leave|lie|raise|check|weigh|inject|limit|ask|tell|bring|stay|stand|sit|finish|"
    r"follow|have|hold|let|pat|rinse|brush|"
    r"increase|reduce|skip|hold|resume|continue|rest|sleep|bend|cross|swim|climb|work|get)\b",
    re.IGNORECASE,
)


def conditions(text: str) -> list[str]:
    """The conditions that `text` sets, as it words them: "if your leg swells", "until the bandage is off".

    One that opens its sentence ends where what follows from it begins: "if your leg swells, call us".
    """
    found = []
    for match in _CONDITION.finditer(text):
        before = text[: match.start()].rstrip()
        what = _main_clause_off(match["what"]) if not before or before[-1] in ".;!?|:" else match["what"]
        found.append(f"{match['cue']} {what}".strip())
    return found


def _main_clause_off(what: str) -> str:
    """Without the order that follows the condition: the comma before it opens no item of a list."""
    for comma in re.finditer(r",\s*(?:then\s+)?", what):
        if _DIRECTIVE.match(what[comma.end() :]):
            return what[: comma.start()]
    return what


def is_directive(text: str) -> bool:
    """Whether `text` tells someone what to do, so that dropping its condition would change what they do."""
    clauses = re.split(r",\s*|:\s*", text.strip())
    return any(_DIRECTIVE.match(clause.strip()) for clause in clauses) or bool(
        re.search(r"\byou (?:can|may|should|must)\b", text, re.I)
    )
