"""Places in a passage that a sentence may stand on: neighbouring sentences, with what is above them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
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
    """Neighbouring sentences of one passage; `context` is the heading and the line that opens their list."""

    passage: int
    span: Span
    text: str
    context: str
    parts: tuple[str, ...]  # its sentences
    before: str = ""  # the sentence before it on the same line
    read_as: str = ""  # its first sentence as it is embedded
    medicines: frozenset[str] = frozenset()  # those that the passage spoke of last before it

    @cached_property
    def whole(self) -> str:
        return f"{self.context}. {self.text}" if self.context else self.text


def windows_of(passages: Sequence[Grounds], *, longest: int = 3) -> Sequence[Window]:
    """Single sentences first, then pairs and threes, best passage first."""
    return _windows_of(tuple((passage.heading, passage.text) for passage in passages), longest)


@lru_cache(maxsize=64)  # the passages of an answer come again with each of its sentences
def _windows_of(passages: tuple[tuple[str, str], ...], longest: int) -> Sequence[Window]:
    return tuple(
        window
        for length in range(1, longest + 1)
        for index, (heading, text) in enumerate(passages)
        for window in _windows_in(index, heading, text, length)
    )


def _windows_in(index: int, heading: str, text: str, length: int) -> Iterator[Window]:
    """Every run of `length` sentences of one passage."""
    spans = list(sentences(text))
    read = read_as(heading, text)
    spoken_of = _spoken_of(text, spans)
    for first in range(len(spans) - length + 1):
        span = Span(spans[first].start, spans[first + length - 1].end)
        parts = tuple(each.of(text) for each in spans[first : first + length])
        context = " ".join(filter(None, (heading, _lead_in(text, spans, first))))
        before = spans[first - 1].of(text) if first and _same_line(text, spans, first) else ""
        yield Window(index, span, span.of(text), context, parts, before, read[first], spoken_of[first])


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
