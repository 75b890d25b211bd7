"""The gate: nothing is voiced that is neither a vetted dialogue act nor supported by an approved passage.

Every sentence of every reply passes `Gatekeeper`, whoever wrote it. Support is decided
by `knowledge.grounding`, on passages that retrieval found in the patient's documents.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from conversations.live import stages
from conversations.live.dialogue import Passage
from conversations.live.events import Citation, Sentence
from conversations.mind.sentences import split
from knowledge import grounding
from knowledge.likeness import Reader

Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]


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


class GroundingGate:
    """`embed` finds answers by meaning, `reader` lets other words for the same thing pass; no rule yields to either."""

    def __init__(self, embed: Embed | None = None, reader: Reader | None = None) -> None:
        self._embed = embed
        self._reader = reader

    def check(self, sentence: str, passages: Sequence[Passage]) -> Supported | None:
        if not speakable(sentence):
            return None
        found = grounding.check(sentence, passages, reader=self._reader, spoken=True)
        if not found.supported or not _names(sentence) <= _names_in(passages[found.passage]):
            return None
        return Supported(sentence, _place(passages[found.passage], found.start, found.end))

    def quote(self, question: str, passages: Sequence[Passage]) -> Supported | None:
        found = grounding.quote(question, passages, self._embed)
        if found is None or not speakable(found.text):
            return None
        return Supported(found.text, _place(passages[found.passage], found.start, found.end))


_NOT_SPEECH = re.compile(
    r"[`{}=<>\\|_#\[\]]|https?:|www\.|\w\.\w+\(|\w\((?:[\"']|$)|^\s*(?:import|def|while|class) \w+:?$|"
    r"\b(?:code (?:snippet|block|section|excerpt)|codebase|system prompt|"
    r"(?:forget|ignore|disregard) (?:all |any |the |your |everything )*(?:previous|prior|above|instructions|rules)|"
    r"(?:previous|prior|above) instructions|your (?:own )?(?:code|implementation|algorithm|response|solution|output|"
    r"program|logic|elucidation|prompt))\b",
    re.IGNORECASE,
)


def speakable(text: str) -> bool:
    """Whether this tells a patient something: no question, no code, no address, no words meant for a machine."""
    return "?" not in text and not _NOT_SPEECH.search(text)


def _names(sentence: str) -> set[str]:
    """Proper names: capitalised words that do not begin the sentence."""
    return set(re.findall(r"(?<=\s)[A-Z][\w'’-]+", sentence))


def _names_in(passage: Passage) -> set[str]:
    return set(re.findall(r"[A-Z][\w'’-]+", f"{passage.heading} {passage.text}"))


def _place(passage: Passage, start: int, end: int) -> Citation:
    """A span of the passage as a span of its page."""
    first = passage.citation.start
    return replace(passage.citation, start=first + start, end=first + end)


Names = Mapping[str, Callable[[str], bool]]


class Gatekeeper:
    """Lets sentences through and counts.

    `vetted` are texts with {names}; `names` says for each name whether some words may stand in its place.
    """

    def __init__(self, gate: Gate, vetted: Iterable[str], names: Names) -> None:
        self._gate = gate
        self._vetted = [_pattern(part) for part in {part for text in vetted for part in split(text)}]
        self._names = names
        self.passed = 0
        self.stopped = 0

    def admit(self, sentence: Sentence, passages: Sequence[Passage] = ()) -> Sentence | None:
        """The sentence, with its source if it states something; None if it may not be voiced."""
        with stages.working("gate"):
            admitted = self._judge(sentence, passages)
        if admitted is None:
            self.stopped += 1
        else:
            self.passed += 1
        return admitted

    def _judge(self, sentence: Sentence, passages: Sequence[Passage]) -> Sentence | None:
        if sentence.citation is None and self.is_vetted(sentence.text):
            return sentence
        supported = self._gate.check(sentence.text, passages) if passages else None
        return replace(sentence, act="answer", citation=supported.citation) if supported else None

    def is_vetted(self, text: str) -> bool:
        """Whether these are texts that a clinician has read, with nothing in them but what may be."""
        parts = split(text)
        return bool(parts) and all(self._is_vetted(part) for part in parts)

    def _is_vetted(self, sentence: str) -> bool:
        plain = _plain(sentence)
        found = (pattern.fullmatch(plain) for pattern in self._vetted)
        return any(match and all(self._names[n](value) for n, value in match.groupdict().items()) for match in found)


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", text)
    seen: set[str] = set()
    pattern = ""
    for index, part in enumerate(parts):
        if index % 2 == 0:
            pattern += re.escape(_plain(part, strip=False))
        else:
            pattern += f"(?P={part})" if part in seen else f"(?P<{part}>.+?)"
            seen.add(part)
    return re.compile(pattern)


def _plain(text: str, *, strip: bool = True) -> str:
    folded = re.sub(r"\s+", " ", text.replace("’", "'").casefold())
    return folded.strip() if strip else folded
