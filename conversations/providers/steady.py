"""A recogniser and a voice that never leave a call without: one from elsewhere, with the embedded one behind it.

Elsewhere is a service outside, or a model that the clinic added. It is asked only with the patient's permission, has a
deadline, and is left alone for a while after it has failed; whatever happens to it, the same turn is heard and
spoken.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from conversations.live.closing import closing
from conversations.live.events import Samples, Sound, Words
from conversations.live.ports import Transcriber, Voice
from conversations.mind.breaker import Breaker
from conversations.providers.consented import Permission
from conversations.providers.errors import ProviderFailed

logger = logging.getLogger(__name__)

HEARD_WITHIN_S = 1.2  # the embedded recogniser needs 0.2 s more
FAILURES, REST_S = 2, 30.0
VOICE_REST_S = 120.0  # after one failure: a voice that changes to and fro is worse than a plain one

Result = TypeVar("Result")


class SteadyTranscriber:
    """A `Transcriber`. Without a `permission` to ask for (a model on the machine) none is needed."""

    def __init__(
        self,
        elsewhere: Transcriber,
        embedded: Transcriber,
        permission: Permission | None = None,
        *,
        within_s: float = HEARD_WITHIN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._elsewhere, self._embedded = elsewhere, embedded
        self._permission, self._within_s, self._clock = permission, within_s, clock
        self._breaker = Breaker(FAILURES, REST_S)

    def begin(self, lead_in: Samples, at_s: float) -> None:
        """Both gather the sound; gathering is cheap, and neither does more with it until it is asked."""
        self._elsewhere.begin(lead_in, at_s)
        self._embedded.begin(lead_in, at_s)

    def hear(self, samples: Samples) -> None:
        self._elsewhere.hear(samples)
        self._embedded.hear(samples)

    async def partial(self) -> Words | None:
        return await self._first(self._elsewhere.partial, self._embedded.partial)

    async def final(self, at_s: float) -> Words:
        return await self._first(lambda: self._elsewhere.final(at_s), lambda: self._embedded.final(at_s))

    async def _first(
        self, elsewhere: Callable[[], Awaitable[Result]], embedded: Callable[[], Awaitable[Result]]
    ) -> Result:
        if not self._breaker.allows(self._clock()) or not await _given(self._permission):
            return await embedded()
        try:
            result = await asyncio.wait_for(elsewhere(), self._within_s)
        except (ProviderFailed, TimeoutError) as problem:
            self._breaker.failed(self._clock())
            logger.warning("the embedded recogniser takes over: %s", problem or type(problem).__name__)
            return await embedded()
        if result is not None:  # nothing new to read proves nothing
            self._breaker.succeeded()
        return result


class SteadyVoice:
    """A `Voice`. A sentence that the other voice could not finish is said again, whole: half a dose is worse."""

    def __init__(
        self,
        elsewhere: Voice,
        embedded: Voice,
        permission: Permission | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._elsewhere, self._embedded = elsewhere, embedded
        self._permission, self._clock = permission, clock
        self._breaker = Breaker(1, VOICE_REST_S)

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        if self._breaker.allows(self._clock()) and await _given(self._permission):
            try:
                async with closing(self._from_elsewhere(text)) as sounds:
                    async for sound in sounds:
                        yield sound
                self._breaker.succeeded()
                return
            except (ProviderFailed, TimeoutError) as problem:
                self._breaker.failed(self._clock())
                logger.warning("the embedded voice takes over: %s", problem or type(problem).__name__)
        async with closing(self._embedded.speak(text)) as sounds:
            async for sound in sounds:
                yield sound

    async def _from_elsewhere(self, text: str) -> AsyncIterator[Sound]:
        async with closing(self._elsewhere.speak(text)) as sounds:
            async for sound in sounds:
                yield sound
                if not await _given(self._permission):
                    raise ProviderFailed("consent withdrawn")


async def _given(permission: Permission | None) -> bool:
    return permission is None or await permission.given()
