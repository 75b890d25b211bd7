"""Which known saying a sentence is like, where the lexicon has no word for what it tells. Pure, but for its file.

The sayings of `lexicon/sayings.yaml`, alarming and harmless, are kept as vectors beside it
(`manage.py learn_sayings`). A sentence counts if it is clearly nearer to the alarming ones.
What a vector cannot see is left to words: denials, good news, questions and suppositions.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from conversations.guardrails import lexicon
from conversations.guardrails.spelling import LEXICON
from conversations.guardrails.text import Token

Vectors = npt.NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]

WRITTEN, LEARNT = LEXICON / "sayings.yaml", LEXICON / "sayings.npz"
HARMLESS = "harmless"
NEIGHBOURS = 3
ALIKE = 0.48  # mean likeness to the nearest alarming sayings (docs/decisions/0034)
NEARER = 0.06  # by how much they must be nearer than the harmless ones
SURE, CLEARLY = 0.6, 0.14  # so like one, where most of the nearest are emergencies too, that it is taken for one
FEWEST_WORDS, MOST_WORDS = 3, 30
MOST_SENTENCES = 3  # of one utterance: 3 ms each

_ASKING = re.compile(
    r"^(?:and |so |but |well |um )*(?:can|could|may|should|shall|do|does|did|is|are|will|would|what|when|where|who|"
    r"which|how|let|please)\b"
)
_DENYING = re.compile(r"^(?:(?:um|uh|well|oh|so|and|but|,) )*(?:no|nope|nah|none|not|never)\b")
_EMPTY = frozenset("um uh er well oh so and but yeah yes like just kind of sort basically".split())
_GOOD = re.compile(
    r"\b(?:fine|good|great|normal\w*|regular\w*|easy|easily|better|best|clean|healed|healing|well|settled|calmed|"
    r"as usual|lovely|happy|enjoy\w*|okay|ok|all right|alright|no trouble|no problems?|thank\w*|usually do|"
    r"same as (?:always|before|usual|last|yesterday)|like they (?:said|told))\b"
)
_SUPPOSING = re.compile(r"\b(?:if|in case|whether|unless|would|afraid|hope|hopefully|going to be|will be|i'll)\b")
_DENIAL = re.compile(r"\b(?:no|not|never|none|nothing|nobody|without|\w+n't)\b")
_CANNOT = re.compile(
    r"\b(?:(?:can't|cannot|couldn't|ain't|don't|haven't)(?: \w+){0,3} (?:no|nothing|none)|can't|cannot|couldn't|ain't|"
    r"won't|no more|not sure|don't know)\b"
)
_OTHERS = re.compile(
    r"\b(?:husband|wife|mother|mom|mum|father|dad|son|daughter|brother|sister|friend|neighbou?r|dog|cat|"
    r"grand(?:son|daughter|children|kids)|nurse|doctor|phone|screen|tv|television|radio|car|computer|tablet)\b"
)
_OURS = re.compile(r"\b(?:i|i'm|i've|me|my|myself)\b")


@dataclass(frozen=True)
class Alike:
    """`saying` is the nearest one of the lexicon; `emergency`: so near to several that it is taken for one."""

    concept: str
    saying: str
    emergency: bool


@dataclass(frozen=True)
class _Sayings:
    texts: Sequence[str]
    concepts: Sequence[str]
    alarming: Vectors
    harmless: Vectors


def find(said: Sequence[Token], taken: Sequence[tuple[int, int]], embed: Embed) -> list[tuple[Alike, str]]:
    """What is told in sentences in which nothing was found, each with its words. `taken`: tokens of what was found."""
    sentences = [
        words
        for first, words in _sentences(said)
        if not any(start < first + len(words) and end >= first for start, end in taken) and _may_complain(words)
    ][:MOST_SENTENCES]
    texts = [" ".join(token.word for token in words).replace(" ,", ",") for words in sentences]
    if not texts:
        return []
    found = ((_nearest(vector, text), text) for vector, text in zip(embed(texts), texts, strict=True))
    return [(alike, text) for alike, text in found if alike]


def _sentences(said: Sequence[Token]) -> list[tuple[int, list[Token]]]:
    """Each sentence without its stop, with the place of its first token. Questions are left out."""
    found: list[tuple[int, list[Token]]] = []
    current: list[Token] = []
    for token in said:
        if not token.ends_sentence:
            current.append(token)
            continue
        if current and token.word != "?":
            found.append((current[0].index, current))
        current = []
    return [*found, (current[0].index, current)] if current else found


def _may_complain(words: Sequence[Token]) -> bool:
    text = " ".join(token.word for token in words)
    carrying = [token for token in words if token.word not in _EMPTY and not token.is_punctuation]
    if not FEWEST_WORDS <= len(carrying) <= MOST_WORDS or _ASKING.search(text) or _DENYING.search(text):
        return False
    if _OTHERS.search(text) and not _OURS.search(text):
        return False
    return not _GOOD.search(text) and not _SUPPOSING.search(text)


def _nearest(vector: Vectors, text: str) -> Alike | None:
    sayings = learnt()
    alarming, harmless = sayings.alarming @ vector, sayings.harmless @ vector
    closest = np.argsort(alarming)[::-1][:NEIGHBOURS].tolist()
    likeness, otherwise = float(alarming[closest].mean()), float(np.sort(harmless)[-NEIGHBOURS:].mean())
    if likeness < ALIKE or likeness - otherwise < NEARER:
        return None
    if _denies(text) and not _denies(sayings.texts[closest[0]]):
        return None
    grave = [place for place in closest if sayings.concepts[place] in lexicon.shared().emergencies]
    clear = float(alarming[closest[0]]) >= SURE and likeness - otherwise >= CLEARLY
    emergency = clear and len(grave) * 2 > NEIGHBOURS
    best = grave[0] if emergency else closest[0]
    return Alike(sayings.concepts[best], sayings.texts[best], emergency)


def _denies(text: str) -> bool:
    """Whether it says that something is not so; what somebody cannot do is a complaint."""
    return bool(_DENIAL.search(_CANNOT.sub(" ", text.casefold())))


def digest() -> str:
    """SHA-256 of the sayings as written: the vectors must be of the same."""
    return hashlib.sha256(WRITTEN.read_bytes()).hexdigest()


def learnt_from() -> str:
    """The digest of the sayings that the vectors were made of."""
    with np.load(LEARNT) as kept:
        return str(kept["digest"])


@lru_cache(maxsize=1)
def learnt() -> _Sayings:
    """Read once a process."""
    with np.load(LEARNT) as kept:
        vectors = kept["vectors"].astype(np.float32) / 127
        concepts, texts = kept["concepts"].tolist(), kept["texts"].tolist()
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    is_harmless = np.array([concept == HARMLESS for concept in concepts])
    alarming = [place for place, harmless in enumerate(is_harmless) if not harmless]
    return _Sayings(
        [texts[place] for place in alarming],
        [concepts[place] for place in alarming],
        vectors[~is_harmless],
        vectors[is_harmless],
    )


def learn(sayings: Sequence[tuple[str, str]], embed: Embed) -> None:
    """Keep the vectors of (concept, sentence)."""
    vectors = np.round(embed([text for _, text in sayings]) * 127).astype(np.int8)
    concepts, texts = (np.array(column) for column in zip(*sayings, strict=True))
    np.savez_compressed(LEARNT, vectors=vectors, concepts=concepts, texts=texts, digest=np.array(digest()))
