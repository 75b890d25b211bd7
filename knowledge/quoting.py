"""Which sentences of the passages answer a question, word for word. Pure.

This is what the assistant says when no model writes for it: one to three sentences,
verbatim, or nothing.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge import questions
from knowledge.medicines import meant, medicines_in, without_medicines
from knowledge.sentences import Span, sentences
from knowledge.synonyms import alike
from knowledge.windows import Grounds, Window, windows_of
from knowledge.words import lexemes

Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]

ENOUGH = 0.5  # score below which nothing is quoted (tests/knowledge/spoken.py)
MOST_WORDS = 60
MOST_SENTENCES = 3
COMPARED = 14  # windows whose meaning is compared with the question's


@dataclass(frozen=True)
class Quote:
    """One to three sentences of a passage, verbatim; `start` and `end` count in its text."""

    text: str
    passage: int
    start: int
    end: int
    score: float


def quote(question: str, passages: Sequence[Grounds], embed: Embed | None = None) -> Quote | None:
    """The one to three sentences that answer `question`, or None if no passage does."""
    windows = [window for window in windows_of(passages, longest=1) if _sayable(window)]
    asked = _Asked(questions.plain(question), windows)
    scored = [(asked.score(window) + 0.15 * passages[window.passage].score, window) for window in windows]
    if embed is not None and scored:
        scored = _with_meaning(asked.question, scored, embed)
    score, best = max(scored, key=lambda entry: entry[0], default=(0.0, None))
    if best is None or score < ENOUGH:
        return None
    span = _whole(best, scored, 0.9 * score, passages[best.passage].text)
    return Quote(span.of(passages[best.passage].text), best.passage, span.start, span.end, score)


def _whole(best: Window, scored: Sequence[tuple[float, Window]], nearly: float, text: str) -> Span:
    """The best sentence with its neighbours on the same line that answer as well, or that it points back to."""
    line = _line(best.span, text)
    spans = list(sentences(text))
    good = {window.span for score, window in scored if window.passage == best.passage and score >= nearly}
    first = last = spans.index(best.span)
    while (
        first > 0
        and spans[first - 1].start >= line.start
        and (spans[first - 1] in good or _points_back(spans[first], text))
    ):
        first -= 1
    while last + 1 < len(spans) and spans[last + 1].end <= line.end and spans[last + 1] in good:
        last += 1
    last = min(last, first + MOST_SENTENCES - 1) if best.span in spans[first : first + MOST_SENTENCES] else last
    return Span(spans[first].start, spans[last].end)


def _line(span: Span, text: str) -> Span:
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    return Span(start, len(text) if end < 0 else end)


def _points_back(span: Span, text: str) -> bool:
    return points_back(span.of(text))


def points_back(sentence: str) -> bool:
    """Whether the sentence needs the one before it to be understood: "Do not take it off unless …"."""
    return bool(re.match(r"(?:\S+\s+){0,4}(?:it|this|these|they|them|then|if (?:so|not))\b", sentence, re.IGNORECASE))


def _sayable(window: Window) -> bool:
    return len(window.text.split()) <= MOST_WORDS and not window.text.rstrip().endswith(":")


class _Asked:
    """A question's words, weighted by how much each tells these windows apart."""

    def __init__(self, question: str, windows: Sequence[Window]) -> None:
        self.question = question
        self.medicines = meant(question)
        bare = without_medicines(question)
        held = Counter(word for window in windows for word in set(lexemes(window.whole)))
        self.weights = {word: _weight(word, held, max(len(windows), 1)) for word in lexemes(bare)}
        # Where the papers have the very word, another word of its meaning is the poorer answer: a bath is no shower.
        self.synonym = {word: 0.4 if held[word] else 0.8 for word in self.weights}

    def score(self, window: Window) -> float:
        here = set(lexemes(window.text))
        above = set(lexemes(f"{window.context} {window.before}" if points_back(window.text) else window.context))
        got = sum(
            weight * max(_held(word, here, self.synonym[word]), 0.7 * _held(word, above, self.synonym[word]))
            for word, weight in self.weights.items()
        )
        spoken_of = medicines_in(window.whole)
        named = sum(bool(possible & spoken_of) for possible in self.medicines)
        whole = sum(self.weights.values()) + len(self.medicines)
        share = (got + named) / whole if whole else 0.0
        other = 0.3 * (len(self.medicines) - named)  # a question about one medicine is not answered about another
        fit = questions.fits(self.question, window.text)
        return 0.75 * share + 0.2 * fit - other - 0.004 * len(window.text.split())


def _weight(word: str, held: Counter[str], total: int) -> float:
    if word in _LIGHT:
        return 0.25
    return 0.6 if not held[word] else min(1.0, 0.4 + math.log(1 + total / held[word]) / 4)


_LIGHT = frozenset(
    "go get come use thing time way long know take need feel see look make put work day happen start keep ask".split()
)


def _held(word: str, words: set[str], synonym: float) -> float:
    if word in words:
        return 1.0
    return synonym if any(alike(word, other) for other in words) else 0.0


def _with_meaning(question: str, scored: list[tuple[float, Window]], embed: Embed) -> list[tuple[float, Window]]:
    best = sorted(scored, key=lambda entry: -entry[0])[:COMPARED]
    vectors = embed([question, *(window.read_as for _, window in best)])
    return [
        (0.5 * score + 0.8 * float(vectors[0] @ vector), window)
        for (score, window), vector in zip(best, vectors[1:], strict=True)
    ]
