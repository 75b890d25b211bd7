"""The gate: what a document must support before it is spoken, and the passage that answers a question.

Both work on passages that retrieval found in the patient's approved documents.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from conversations.live.dialogue import Passage
from conversations.live.events import Citation


@dataclass(frozen=True)
class Supported:
    """A sentence, and the place in the documents that it stands on."""

    text: str
    citation: Citation


class Gate(Protocol):
    def check(self, sentence: str, passages: Sequence[Passage]) -> Supported | None:
        """The sentence with its source, or None if no passage supports all of it."""
        ...

    def quote(self, question: str, passages: Sequence[Passage]) -> Supported | None:
        """The documents' own words that answer the question, or None if they don't."""
        ...


_STOP = frozenset(
    "a an and are as at be by can could do does for from had has have how i if in is it may me my of on or should so "
    "that the they this to was we what when where which who will with you your about any get take after before".split()
)


class VerbatimGate:
    """Passes only the documents' own sentences, word for word."""

    def check(self, sentence: str, passages: Sequence[Passage]) -> Supported | None:
        wanted = _plain(sentence)
        for passage in passages:
            for text, start, end in _sentences(passage.text):
                if _plain(text) == wanted:
                    return Supported(sentence, _place(passage, start, end))
        return None

    def quote(self, question: str, passages: Sequence[Passage]) -> Supported | None:
        asked = _content(question)
        best: tuple[float, Supported] | None = None
        for passage in passages:
            for text, start, end in _sentences(passage.text):
                shared = asked & (_content(text) | _content(passage.heading))
                score = len(shared) / max(1, len(asked)) + 0.2 * passage.score
                if shared & _content(text) and (best is None or score > best[0]):
                    best = score, Supported(text, _place(passage, start, end))
        return best[1] if best and best[0] >= 0.5 else None


def _sentences(text: str) -> list[tuple[str, int, int]]:
    spans = re.finditer(r"[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]?", text)
    return [(span.group().strip(), span.start(), span.end()) for span in spans if len(span.group().strip()) > 8]


def _content(text: str) -> set[str]:
    return {_stem(word) for word in re.findall(r"[a-z0-9]+", text.casefold()) if word not in _STOP and len(word) > 2}


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) > 3:
            return word[: -len(ending)]
    return word


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9.]+", text.casefold())).strip(" .")


def _place(passage: Passage, start: int, end: int) -> Citation:
    first = passage.citation.start
    return replace(passage.citation, start=first + start, end=first + end)
