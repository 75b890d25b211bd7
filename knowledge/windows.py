"""Places in a passage that a sentence may stand on: neighbouring sentences, with what is above them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from knowledge.medicines import medicines_in
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
    read_as: str = ""  # its first sentence as it is embedded
    medicines: frozenset[str] = frozenset()  # those that the passage spoke of last before it

    @property
    def whole(self) -> str:
        return f"{self.context}. {self.text}" if self.context else self.text


def windows_of(passages: Sequence[Grounds], *, longest: int = 3) -> list[Window]:
    """Single sentences first, then pairs and threes, best passage first."""
    found: list[Window] = []
    for length in range(1, longest + 1):
        for index, passage in enumerate(passages):
            spans = list(sentences(passage.text))
            read = read_as(passage.heading, passage.text)
            spoken_of = _spoken_of(passage.text, spans)
            for first in range(len(spans) - length + 1):
                span = Span(spans[first].start, spans[first + length - 1].end)
                parts = tuple(each.of(passage.text) for each in spans[first : first + length])
                context = _context(passage, spans, first)
                before = spans[first - 1].of(passage.text) if first and _same_line(passage.text, spans, first) else ""
                found.append(
                    Window(index, span, span.of(passage.text), context, parts, before, read[first], spoken_of[first])
                )
    return found


def read_as(heading: str, text: str) -> list[str]:
    """Each sentence of a passage as it is embedded: below its nearest heading, after the line that opens its list."""
    head = heading.rpartition(" › ")[2]
    spans = list(sentences(text))
    return [
        ". ".join(filter(None, (head, f"{_lead_in(text, spans, index)} {span.of(text)}".strip())))
        for index, span in enumerate(spans)
    ]


def _lead_in(text: str, spans: Sequence[Span], first: int) -> str:
    return next((s.of(text) for s in reversed(spans[:first]) if s.of(text).endswith(":")), "")


def _context(passage: Grounds, spans: Sequence[Span], first: int) -> str:
    """The heading, and the nearest earlier line that ends in a colon."""
    return " ".join(filter(None, (passage.heading, _lead_in(passage.text, spans, first))))


def _spoken_of(text: str, spans: Sequence[Span]) -> list[frozenset[str]]:
    """For each sentence, the medicines that were named last before it: "it can cause nausea" is about those."""
    found: list[frozenset[str]] = []
    last: frozenset[str] = frozenset()
    for span in spans:
        found.append(last)
        last = frozenset(medicines_in(span.of(text))) or last
    return found


def _same_line(text: str, spans: Sequence[Span], index: int) -> bool:
    return "\n" not in text[spans[index - 1].end : spans[index].start]
