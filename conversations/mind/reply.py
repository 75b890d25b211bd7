"""A considered reply: its sentences as they are made, and what it changes once it has been heard."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from conversations.live.dialogue import Effect
from conversations.live.events import Sentence
from conversations.mind.state import Pending, State

HEARD = 0.5  # of a question's words: enough to answer it


@dataclass
class Reply:
    """`state` and `effects` follow from the patient's words alone; `asks` and `answers` count only once heard."""

    state: State
    compose: Callable[["Reply"], AsyncIterator[Sentence]]
    effects: list[Effect] = field(default_factory=list)
    asks: list[tuple[str, Pending]] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)  # what was said, to which question
    when_heard: list[tuple[str, Effect]] = field(default_factory=list)
    said: list[Sentence] = field(default_factory=list)

    async def sentences(self) -> AsyncIterator[Sentence]:
        async for sentence in self.compose(self):
            self.said.append(sentence)
            yield sentence


def heard_enough(sentence: str, heard: str) -> bool:
    """Whether at least half of a sentence was played, given all that was played."""
    words, played = _words(sentence), _words(heard)
    for start in range(len(played)):
        here = played[start : start + len(words)]
        if here and here == words[: len(here)] and len(here) >= HEARD * len(words):
            return True
    return not words


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
