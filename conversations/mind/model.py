"""The port to a language model, and what comes through it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Message = Mapping[str, Any]  # as in the chat completions API: role, content, tool_calls, tool_call_id
Tool = Mapping[str, Any]


TEMPERATURE = 0.2
MOST_TOKENS = 400  # a spoken reply is a few sentences


@dataclass(frozen=True)
class Caps:
    """What a model may take: seconds to its first sentence and for a whole turn, rounds of tools, tokens a call."""

    first_sentence_s: float = 2.5
    turn_s: float = 8.0
    rounds: int = 3
    tokens: int = 120_000


CAPS = Caps()


@dataclass(frozen=True)
class Text:
    """A piece of what the model says, of any length."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    """`arguments` are as the model wrote them: JSON, if it kept to the rules."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Used:
    """Tokens that a request cost, prompt included."""

    tokens: int


Piece = Text | ToolCall | Used


class ModelFailed(Exception):
    """The model cannot be used for this turn. The message is a code, never words of the conversation."""


class Model(Protocol):
    def stream(self, messages: Sequence[Message], tools: Sequence[Tool]) -> AsyncIterator[Piece]:
        """One completion, piece by piece. Raises `ModelFailed`."""
        ...
