"""A language model that may be taken back between two words.

The patient's consent to it is asked before each completion, and again at least once
a second while words arrive, so that withdrawing stops the traffic within two seconds.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Any, cast

from conversations.mind.model import Message, Model, ModelFailed, Piece, Tool

ASK_EVERY_S = 1.0


class ConsentedModel:
    """`allowed` asks the database; it runs in a thread."""

    def __init__(self, model: Model, allowed: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._model, self._allowed, self._clock = model, allowed, clock

    async def stream(self, messages: Sequence[Message], tools: Sequence[Tool]) -> AsyncIterator[Piece]:
        """Raises `ModelFailed` as soon as the patient's consent is gone."""
        asked_at = await self._ask()
        async with aclosing(cast(Any, self._model.stream(messages, tools))) as pieces:
            async for piece in pieces:
                if self._clock() - asked_at >= ASK_EVERY_S:
                    asked_at = await self._ask()
                yield piece

    async def _ask(self) -> float:
        if not await asyncio.to_thread(self._allowed):
            raise ModelFailed("consent withdrawn")
        return self._clock()
