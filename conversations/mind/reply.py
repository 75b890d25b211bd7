"""A considered reply: its sentences as they are made, and what it changes once it has been heard."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from conversations.live.dialogue import Effect
from conversations.live.events import Sentence
from conversations.mind.state import Pending, State
from conversations.mind.teach import Correction

HEARD = 0.5  # of a sentence's words: enough to have understood it
Sentences = AsyncIterator[Sentence]


@dataclass
class Reply:
    """`state` and `effects` follow from the patient's words; the rest counts only once it has been heard."""

    state: State
    compose: Callable[["Reply"], Sentences]
    effects: list[Effect] = field(default_factory=list)
    asks: list[tuple[str, Pending]] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)  # what was said, to which question of the patient's
    when_heard: list[tuple[str, Effect]] = field(default_factory=list)
    said: list[Sentence] = field(default_factory=list)
    answered: bool = False  # the patient's words answered what was pending
    good_news: bool = False  # the answer was that a symptom isn't there
    left_open: bool = False  # asked twice, and left to the care team
    hesitant: bool = False  # the patient's words came hesitantly
    doubted: str = ""  # so this question is asked once more before they count
    passages: list[Any] = field(default_factory=list)  # what was retrieved for this turn
    words: str = ""  # what the patient said
    taught: Correction | None = None  # what the patient said of a medicine, compared
    correction: Correction | None = None  # to be said, before it is asked once more
    checked: list[Sentence] = field(default_factory=list)  # passed the gate already
    thinking: Sentence | None = None  # what may be said while a model thinks

    async def sentences(self) -> Sentences:
        async for sentence in self.compose(self):
            self.said.append(sentence)
            yield sentence

    def meanwhile(self) -> Sentence | None:
        """Once, and only while nothing else has been said."""
        words, self.thinking = self.thinking, None
        if words is None or self.said:
            return None
        self.said.append(words)
        return words

    def effect(self, kind: str, /, **data: Any) -> None:
        self.effects.append(Effect(kind, {**data, "turn": self.state.turn}))

    def doubts(self, key: str) -> bool:
        """Whether the answer came hesitantly, and is asked for once more: at most once a question."""
        if not self.hesitant or key in self.state.doubted:
            return False
        self.doubted = key
        self.state = self.state.after(doubted=(*self.state.doubted, key))
        return True

    def tries(self, key: str, usual: int) -> int:
        """How often a question is asked at most: doubt alone does not cost the patient one."""
        return usual + (key in self.state.doubted)

    def settle(self, heard: str) -> tuple[State, list[Effect]]:
        """The state and the effects, given what was played."""
        state = self.state
        for text, pending in self.asks:
            if heard_enough(text, heard):
                progress = state.progress.with_asked(pending.key) if pending.key else state.progress
                state = state.after(pending=pending, progress=progress)
        for text, question in self.answers:
            state = state.after(unfinished="" if heard_enough(text, heard) else question)
        effects = [*self.effects, *(effect for text, effect in self.when_heard if heard_enough(text, heard))]
        if any(effect.kind == "call.ended" for effect in effects):
            state = state.after(ended=True)
        return state, effects


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
