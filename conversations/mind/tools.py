"""What a model may do besides speaking: look up, record an answer, raise concern, ask for a human, end the call.

Each call is checked here before anything follows from it. None of them can lower,
withhold or address anything: who is told, and of what, is decided by code.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conversations import objectives
from conversations.mind import answers
from conversations.mind.model import Tool, ToolCall
from conversations.objectives import Answer, Question
from conversations.protocols import CallProtocol


def _tool(name: str, description: str, **properties: dict[str, Any]) -> Tool:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


_STRING = {"type": "string"}
TOOLS: Sequence[Tool] = (
    _tool("look_up", "Search the patient's discharge papers for something not in the passages.", query=_STRING),
    _tool(
        "record_answer",
        "Record what the patient answered to the question that was asked.",
        value=_STRING,
        quote={"type": "string", "description": "the patient's own words, copied exactly"},
    ),
    _tool(
        "raise_concern",
        "Tell the care team about something worrying the patient said.",
        concern=_STRING,
        quote={"type": "string", "description": "the patient's own words, copied exactly"},
    ),
    _tool("request_human", "The patient wants a person.", reason=_STRING),
    _tool("end_call", "The patient wants to end the call.", reason=_STRING),
)
_NAMES = frozenset(tool["function"]["name"] for tool in TOOLS)


@dataclass(frozen=True)
class Wish:
    """A well-formed tool call."""

    name: str
    arguments: dict[str, str]


def read(call: ToolCall) -> Wish | None:
    """The call, if it is one of ours with the arguments it needs; else None."""
    tool = next((tool for tool in TOOLS if tool["function"]["name"] == call.name), None)
    if tool is None:
        return None
    try:
        given = json.loads(call.arguments or "{}")
    except json.JSONDecodeError:
        return None
    needed = tool["function"]["parameters"]["required"]
    if not isinstance(given, dict) or not all(isinstance(given.get(name), str) for name in needed):
        return None
    return Wish(call.name, {name: given[name][:500] for name in needed})


def answer(wish: Wish, protocol: CallProtocol, key: str, words: str, turn: int) -> tuple[Question, Answer] | None:
    """What `record_answer` means, if the patient really said the quote and it has the type that was asked for."""
    question = objectives.find(protocol.objectives, key)
    if question is None or not said(wish.arguments["quote"], words):
        return None
    read_value = answers.read(question.variable, wish.arguments["value"])
    return (question, Answer(read_value.value, wish.arguments["quote"], turn)) if read_value else None


def said(quote: str, words: str) -> bool:
    """Whether the quote is in the patient's words, punctuation and case aside."""
    wanted = " ".join(re.findall(r"\w+", quote.casefold()))
    return bool(wanted) and wanted in " ".join(re.findall(r"\w+", words.casefold()))
