"""The mind with a language model in it. The model words the answer; everything else stays with the rules.

Safety, the next question and the goodbye are the embedded mind's. The model hears the
patient's words with the retrieved passages, and what it says passes the gate sentence by
sentence. If it fails, hangs or says nothing that may be voiced, the embedded mind
answers in the same turn.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from conversations.guardrails import rules
from conversations.live import stages
from conversations.live.closing import closing
from conversations.live.dialogue import Effect, Finding, Turn
from conversations.live.events import Sentence
from conversations.mind import answers, prompt, tools
from conversations.mind.breaker import Breaker
from conversations.mind.case import Case
from conversations.mind.embedded import EmbeddedDialogue
from conversations.mind.model import CAPS, Caps, Message, Model, ModelFailed, Text, ToolCall, Used
from conversations.mind.reply import Reply, Sentences
from conversations.mind.sentences import Splitter
from conversations.mind.wording import say

logger = logging.getLogger(__name__)


@dataclass
class _Said:
    """What came of the model in one turn."""

    admitted: int = 0
    answered: bool = False  # something from the documents was said
    calls: list[ToolCall] = field(default_factory=list)


class ModelledDialogue(EmbeddedDialogue):
    """As `EmbeddedDialogue`, with a model. `clock` gives monotonic seconds."""

    def __init__(
        self,
        case: Case,
        *,
        model: Model,
        caps: Caps = CAPS,
        prompt_version: str = prompt.VERSION,
        breaker: Breaker | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(case)
        self._model, self._caps, self._clock = model, caps, clock
        self._prompt_version = prompt_version
        self._breaker = breaker or Breaker()
        self._left_out = 0  # turns in which the model failed
        self._tokens = 0
        self._history: list[tuple[str, str]] = []

    def commit(self, turn: Turn, heard: str) -> Sequence[Effect]:
        words = turn.words if isinstance(turn, Reply) else ""
        self._history += [("patient", words), ("assistant", heard)]
        return super().commit(turn, heard)

    def snapshot(self) -> dict[str, Any]:
        own = {"history": self._history[-prompt.TURNS :], "tokens": self._tokens, "left_out": self._left_out}
        return {**super().snapshot(), **own}

    def restore(self, state: dict[str, Any]) -> None:
        super().restore(state)
        self._history = [(who, said) for who, said in state.get("history", ())]
        self._tokens = int(state.get("tokens", 0))
        self._left_out = int(state.get("left_out", 0))

    # -- one turn ------------------------------------------------------------------

    def _talk(self, reply: Reply, text: str, new: Sequence[Finding]) -> Iterator[Sentences]:
        if answers.wants_repeat(text) or not self._may_ask():
            yield from super()._talk(reply, text, new)
            return
        reply.thinking = _thinking(reply, text)
        yield self.script.pass_on(reply, new)
        yield self._modelled(reply, text, new)
        pending = reply.state.pending
        if pending and pending.kind == "anything_else" and not reply.answers and answers.is_done(text):
            yield self.script.goodbye(reply)
            return
        yield self._go_on(reply)

    def _may_ask(self) -> bool:
        return self._breaker.allows(self._clock()) and self._tokens < self._caps.tokens

    async def _modelled(self, reply: Reply, text: str, new: Sequence[Finding]) -> Sentences:
        said = _Said()
        try:
            async with closing(self._from_model(reply, text, said)) as sentences:
                async for sentence in sentences:
                    yield sentence
            self._breaker.succeeded()
        except (ModelFailed, TimeoutError) as problem:
            self._breaker.failed(self._clock())
            self._left_out += 1
            logger.warning("the model was left out of a turn: %s", problem or type(problem).__name__)
        if not said.admitted or (not said.answered and _needs_answer(text, new)):
            async for sentence in self._without_model(reply, text, new):
                yield sentence

    async def _without_model(self, reply: Reply, text: str, new: Sequence[Finding]) -> Sentences:
        """The documents' own words, or the care team is asked; what has been said already is not said again."""
        already = {sentence.text for sentence in reply.said}
        for stage in (self.script.answer(reply, text, new), self.script.acknowledge(reply, text)):
            async for sentence in stage:
                if sentence.text not in already:
                    yield sentence

    async def _from_model(self, reply: Reply, text: str, said: _Said) -> Sentences:
        """Admitted sentences as they come; then what the tools bring; within the time that a turn may take."""
        deadline = asyncio.get_running_loop().time() + self._caps.turn_s
        reply.passages += await self.script.recall(text)
        messages = self._messages(reply, text)
        for _ in range(self._caps.rounds):
            said.calls.clear()
            async for sentence in self._round(messages, reply, said, deadline):
                yield sentence
            if not said.calls:
                return
            messages += await self._do(reply, text, said.calls)

    def _messages(self, reply: Reply, text: str) -> list[Message]:
        asked = reply.state.pending.text if reply.state.pending else ""
        system = prompt.system(self.case, self.script.names, reply.passages, asked, self._prompt_version)
        return [system, *prompt.conversation(self._history, text)]

    async def _round(self, messages: Sequence[Message], reply: Reply, said: _Said, deadline: float) -> Sentences:
        """One completion: its sentences, through the gate; its tool calls are collected."""
        splitter = Splitter()
        loop = asyncio.get_running_loop()
        first = min(deadline, loop.time() + self._caps.first_sentence_s)
        async with closing(self._model.stream(messages, tools.TOOLS)) as pieces:
            while True:
                async with asyncio.timeout_at(deadline if said.admitted or said.calls else first):
                    piece = await anext(pieces, None)
                match piece:
                    case None:
                        break
                    case Text(text):
                        stages.reached("token")
                        for sentence in self._admit(splitter.feed(text), reply, said):
                            yield sentence
                    case ToolCall():
                        said.calls.append(piece)
                    case Used(tokens):
                        self._tokens += tokens
        for sentence in self._admit(splitter.rest(), reply, said):
            yield sentence

    def _admit(self, texts: Sequence[str], reply: Reply, said: _Said) -> Iterator[Sentence]:
        """Not the model's word but the gate's decides."""
        for text in texts:
            admitted = self.gatekeeper.admit(Sentence(text, "respond"), reply.passages)
            if admitted is None:
                continue
            said.admitted += 1
            said.answered |= admitted.citation is not None
            reply.checked.append(admitted)
            if admitted.citation:
                reply.answers.append((admitted.text, reply.words))
            yield admitted

    # -- tools -----------------------------------------------------------------------

    async def _do(self, reply: Reply, words: str, calls: Sequence[ToolCall]) -> list[Message]:
        """Carry out what is allowed; returns the messages that tell the model what came of it."""
        asked = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in calls
        ]
        results: list[Message] = [{"role": "assistant", "content": None, "tool_calls": asked}]
        for call in calls:
            wish = tools.read(call)
            outcome = await self._grant(reply, words, wish) if wish else "This tool or its arguments are not known."
            results.append({"role": "tool", "tool_call_id": call.id, "content": outcome})
        return results

    async def _grant(self, reply: Reply, words: str, wish: tools.Wish) -> str:
        match wish.name:
            case "look_up":
                found = await self.script.recall(wish.arguments["query"])
                reply.passages += found
                return json.dumps([passage.text for passage in found])
            case "record_answer":
                return self._record_for_model(reply, words, wish)
            case "raise_concern" if tools.said(wish.arguments["quote"], words):
                reply.effect("concern.raised", concern=wish.arguments["concern"][:200], quote=wish.arguments["quote"])
                return "The care team has been told."
            case "request_human":
                reply.effect("human.requested", quote=words, by="model")
                return "Someone has been asked to join."
            case "end_call" if answers.leaves(words):
                return "The system will say goodbye."
        return "This cannot be done now."

    def _record_for_model(self, reply: Reply, words: str, wish: tools.Wish) -> str:
        if reply.doubted:
            return "Not yet: the system asks this once more."
        pending = reply.state.pending
        found = pending and tools.answer(wish, self.case.protocol, pending.key, words, reply.state.turn)
        if not found:
            return "That does not answer the question that was asked."
        question, answer = found
        self._record(reply, question.key, answer, question.variable.type)
        self._complete(reply)
        return "Recorded."


def _thinking(reply: Reply, text: str) -> Sentence:
    """Vetted words for while the model thinks: chosen by whether something was asked."""
    words = say("thinking_asked" if _asks(text) else "thinking", turn=reply.state.turn)
    return Sentence(words, "acknowledge")


def _asks(text: str) -> bool:
    return any(answers.asks(clause) for clause in answers.clauses(text))


def _needs_answer(text: str, new: Sequence[Finding]) -> bool:
    """Whether the patient asked something, or wants what only the care team may give."""
    return _asks(text) or any(rules.says(finding.rule).startswith("cannot_") for finding in new)
