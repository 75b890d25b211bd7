"""Any OpenAI-compatible endpoint as a `Model`: streaming chat completions with tools.

`base_url` decides who answers: a contracted service or a server of the clinic's own.
Patient data goes there only if settings say what covers it, and the patient agreed.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

from openai import AsyncOpenAI, OpenAIError

from conversations.mind.model import MOST_TOKENS, TEMPERATURE, Message, ModelFailed, Piece, Text, Tool, ToolCall, Used

CONNECT_S = 2.0
MOST_CHARACTERS = 6_000  # what a server may send in one reply, however it counts tokens


class OpenAiModel:
    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        model: str,
        timeout_s: float = 8.0,
        temperature: float = TEMPERATURE,
        max_tokens: int = MOST_TOKENS,
    ) -> None:
        self._model, self._temperature, self._max_tokens = model, temperature, max_tokens
        self._client = AsyncOpenAI(base_url=base_url, api_key=api_key or "none", timeout=timeout_s, max_retries=0)

    async def stream(self, messages: Sequence[Message], tools: Sequence[Tool]) -> AsyncIterator[Piece]:
        """Raises `ModelFailed` on anything but a well-formed answer."""
        try:
            answer = await self._client.chat.completions.create(
                model=self._model,
                messages=cast(Any, list(messages)),
                tools=cast(Any, list(tools)),
                max_completion_tokens=self._max_tokens,
                temperature=self._temperature,
                stream=True,
                stream_options={"include_usage": True},
            )
            async with answer as chunks:
                async for piece in _pieces(chunks):
                    yield piece
        except OpenAIError as problem:
            raise ModelFailed(type(problem).__name__) from problem
        except (ValueError, TypeError, AttributeError, KeyError, IndexError, LookupError) as problem:
            raise ModelFailed(f"malformed answer: {type(problem).__name__}") from problem


async def _pieces(chunks: Any) -> AsyncIterator[Piece]:
    calls: dict[int, list[str]] = {}
    size = 0
    async for chunk in chunks:
        if chunk.usage and isinstance(chunk.usage.total_tokens, int):
            yield Used(chunk.usage.total_tokens)
        if not chunk.choices:
            continue
        delta = chunk.choices[0].delta
        if delta.content:
            size += len(delta.content)
            yield Text(_text(delta.content))
        for call in delta.tool_calls or ():
            size += _collect(calls, call)
        if size > MOST_CHARACTERS:
            raise ModelFailed("answer too long")
    for call_id, name, arguments in calls.values():
        yield ToolCall(call_id, name, arguments)


def _text(content: Any) -> str:
    if not isinstance(content, str):
        raise ModelFailed("content is no text")
    return content


def _collect(calls: dict[int, list[str]], call: Any) -> int:
    """A tool call arrives in fragments under one index."""
    parts = calls.setdefault(call.index, ["", "", ""])
    function = call.function
    for place, fragment in enumerate((call.id, function and function.name, function and function.arguments)):
        parts[place] += fragment or ""
    return len((function and function.arguments) or "")
