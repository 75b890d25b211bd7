"""A language model, a recogniser or a voice outside that may be taken back between two words.

The patient's consent to it is asked before each request, and again at least once
a second while the answer arrives, so that withdrawing stops the traffic within two seconds.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence

from conversations.live.closing import closing
from conversations.mind.model import Message, Model, ModelFailed, Piece, Tool

logger = logging.getLogger(__name__)

ASK_EVERY_S = 1.0


class Permission:
    """Whether the patient agrees to it now: asked at most once a second. `allowed` asks the database, in a thread."""

    def __init__(self, allowed: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._allowed, self._clock = allowed, clock
        self._asked_at = -ASK_EVERY_S
        self._given = False

    async def given(self) -> bool:
        if self._clock() - self._asked_at >= ASK_EVERY_S:
            try:
                self._given = await asyncio.to_thread(self._allowed)
            except Exception as problem:  # whatever keeps us from asking: the answer is no
                logger.warning("nobody could say whether the patient agrees: %s", type(problem).__name__)
                self._given = False
            self._asked_at = self._clock()
        return self._given


class ConsentedModel:
    """`allowed` asks the database; it runs in a thread."""

    def __init__(self, model: Model, allowed: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._model, self._allowed, self._clock = model, allowed, clock

    async def stream(self, messages: Sequence[Message], tools: Sequence[Tool]) -> AsyncIterator[Piece]:
        """Raises `ModelFailed` as soon as the patient's consent is gone."""
        asked_at = await self._ask()
        async with closing(self._model.stream(messages, tools)) as pieces:
            async for piece in pieces:
                if self._clock() - asked_at >= ASK_EVERY_S:
                    asked_at = await self._ask()
                yield piece

    async def _ask(self) -> float:
        if not await asyncio.to_thread(self._allowed):
            raise ModelFailed("consent withdrawn")
        return self._clock()
