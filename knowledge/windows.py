"""Places in a passage that a sentence may stand on: neighbouring sentences, with what is above them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from knowledge.sentences import Span, sentences


class Grounds(Protocol):
    """What a sentence may stand on."""

    @property
    def text(self) -> str: ...

    @property
    def heading(self) -> str: ...

    @property
    def score(self) -> float: ...


@dataclass(frozen=True)
class Window:
    """Neighbouring sentences of one passage, with the heading and the line that opens their list."""

    passage: int
    span: Span
    text: str
    context: str
    parts: tuple[str, ...]  # its sentences
    before: str = ""  # the sentence before it on the same line

    @property
    def whole(self) -> str:
        return f"{self.context}. {self.text}" if self.context else self.text


def windows_of(passages: Sequence[Grounds], *, longest: int = 3) -> list[Window]:
    """Single sentences first, then pairs and threes, best passage first."""
    found: list[Window] = []
    for length in range(1, longest + 1):
        for index, passage in enumerate(passages):
            spans = list(sentences(passage.text))
            for first in range(len(spans) - length + 1):
                span = Span(spans[first].start, spans[first + length - 1].end)
                parts = tuple(each.of(passage.text) for each in spans[first : first + length])
                context = _context(passage, spans, first)
                before = spans[first - 1].of(passage.text) if first and _same_line(passage.text, spans, first) else ""
                found.append(Window(index, span, span.of(passage.text), context, parts, before))
    return found


def _context(passage: Grounds, spans: Sequence[Span], first: int) -> str:
    """The heading, and the nearest earlier line that ends in a colon."""
    lead_in = next((s.of(passage.text) for s in reversed(spans[:first]) if s.of(passage.text).endswith(":")), "")
    return " ".join(filter(None, (passage.heading, lead_in)))


def _same_line(text: str, spans: Sequence[Span], index: int) -> bool:
    return "\n" not in text[spans[index - 1].end : spans[index].start]
