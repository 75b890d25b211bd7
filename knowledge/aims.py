"""What a question is after (symptoms, treatment, risk …) and what a section is about. Pure.

A section's aim is read from its words, its place in the document and the direction of
its vector once the subject is taken out, by a logistic regression of four thousand
numbers (`manage.py train_aims`; docs/decisions/0023). It re-ranks; it never hides.
"""

import math
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from knowledge import lexicon

Vectors = npt.NDArray[np.float32]
AIMS = tuple(dict.fromkeys(line.partition(":")[0] for line in lexicon.lines("aims")))
LEAST = -5.0  # log chance below which all aims are equally unlikely


def _patterns(name: str) -> tuple[tuple[str, "re.Pattern[str]"], ...]:
    entries = (line.partition(":") for line in lexicon.lines(name))
    return tuple((aim, re.compile(rf"\b(?:{words.strip()})\b", re.IGNORECASE)) for aim, _, words in entries)


_SAID = _patterns("aims")
_ASKED = _patterns("asked")
_FRAME = re.compile(
    r"\b(?:what|which|how|who|why|when|where|is|are|do|does|can|could|should|the|a|an|of|for|to|in|with|by|from|or|and|"
    r"about|"
    r"symptoms?|signs?|treatments?|treated?|"
    r"causes?|caused?|prevent(?:ed|ion)?|diagnos\w+|risks?|research|clinical trials?|"
    r"being|done|outlook|prognosis|complications?|many|people|affected|get|there|it|i|my|you|your|have|has|tell|me|if)\b|[?()]",
    re.IGNORECASE,
)


def asked(question: str) -> int | None:
    """The index in AIMS of what the question is after, if it shows."""
    found = next((aim for aim, pattern in _ASKED if pattern.search(question)), None)
    return AIMS.index(found) if found else None


def subject(question: str) -> str:
    """What the question is about, without what is asked of it: "asthma" of "what causes asthma"."""
    return " ".join(_FRAME.sub(" ", question).split()) or question


def features(text: str, vectors: Vectors, title: Vectors, position: int, sections: int) -> Vectors:
    """The numbers a section's aim is read from; `vectors` (n, 384) are its passages', `title` (384,) its document's."""
    bare = vectors - np.outer(vectors @ title, title)
    bare /= np.maximum(np.linalg.norm(bare, axis=1, keepdims=True), 1e-6)
    place = position / max(sections - 1, 1)
    shape = [place, place**2, float(position == 0), math.log(max(len(text), 1)) - 7.0]
    described: Vectors = np.concatenate([bare.mean(axis=0), 0.3 * _words(text), shape]).astype(np.float32)
    return described


def _words(text: str) -> npt.NDArray[np.float64]:
    """How strongly the section's words speak of each aim, its beginning twice."""
    length = min(len(text.split()), 700) + 40
    found = []
    for _, pattern in _SAID:
        head, body = len(pattern.findall(text[:250])), len(pattern.findall(text[:4000]))
        found.append(math.log1p(2 * head) + 6 * body / length - 1.0)
    return np.array(found)


@cache
def _weights() -> tuple[Vectors, Vectors]:
    with resources.files("knowledge.lexicon").joinpath("aims.npz").open("rb") as file:
        stored = np.load(file)
        return stored["weights"].astype(np.float32), stored["bias"].astype(np.float32)


def log_chances(described: Sequence[Vectors]) -> Vectors:
    """Log chances of each aim, shape (n, len(AIMS)), for sections described by `features`."""
    weights, bias = _weights()
    scores = np.stack(described) @ weights + bias
    scores -= scores.max(axis=1, keepdims=True)
    chances = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    bounded: Vectors = np.maximum(chances, LEAST).astype(np.float32)
    return bounded
