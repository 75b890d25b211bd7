"""How long a listener waits for sound that comes over a network, before another voice takes over."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

FIRST_SOUND_S = 1.5
BEHIND_S = 1.0  # sound that comes more slowly than it plays may lag by this much in all

Result = TypeVar("Result")


class Patience:
    """Counts time spent waiting for the service, not for whoever plays the sound. One per sentence."""

    def __init__(self) -> None:
        self.received_s = 0.0
        self._waited_s = 0.0

    def received(self, sound_s: float) -> None:
        if not self.received_s:
            self._waited_s = 0.0  # from the first sound on, what counts is whether the rest keeps up
        self.received_s += sound_s

    async def wait(self, something: Awaitable[Result]) -> Result:
        """Raises `TimeoutError` once the listener would notice."""
        allowed_s = self.received_s + BEHIND_S if self.received_s else FIRST_SOUND_S
        began_s = asyncio.get_running_loop().time()
        try:
            return await asyncio.wait_for(something, max(0.0, allowed_s - self._waited_s))
        finally:
            self._waited_s += asyncio.get_running_loop().time() - began_s
