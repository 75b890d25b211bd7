"""Speech to text on the machine: `conversations.live.ports.Transcriber` on Moonshine tiny-en.

The graphs run in a thread of their own; each result is the draft of the next, so that the last words of a stretch
cost one pass of the encoder and a step or two of the decoder.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np

from conversations.live.events import Samples, Words
from conversations.providers.homophones import as_meant
from conversations.providers.loudness import levelled
from conversations.providers.moonshine_graphs import Decoded, Moonshine
from conversations.providers.stretch import Stretch

PARTIAL_EVERY_S = 0.3  # of new sound, and
PARTIAL_REST = 5.0  # this many times what the last one took: partial results cost a sixth of a core at most
REPEATS = 3  # the same words this often in a row: the decoder has run dry


@lru_cache(maxsize=1)
def _graphs() -> Moonshine:
    return Moonshine()


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    # Two: the final words must not wait for a partial result that is still being worked out.
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="moonshine")


class MoonshineTranscriber:
    """One call's transcriber. Sound is levelled first: quiet speech doubles the word error rate otherwise."""

    def __init__(self) -> None:
        self._graphs = _graphs()
        self._stretch = Stretch()
        self._tokens: tuple[int, ...] = ()
        self._took_s = 0.0

    def begin(self, lead_in: Samples, at_s: float) -> None:
        self._tokens = ()
        self._stretch.begin(lead_in, at_s)

    def hear(self, samples: Samples) -> None:
        self._stretch.hear(samples)

    async def partial(self) -> Words | None:
        if self._stretch.unread_s < max(PARTIAL_EVERY_S, PARTIAL_REST * self._took_s):
            return None
        at_s, number = self._stretch.at_s, self._stretch.number
        decoded = await self._decode()
        if number != self._stretch.number:
            return None
        return Words(at_s, as_meant(decoded.text), final=False, confidence=confidence(decoded))

    async def final(self, at_s: float) -> Words:
        decoded = await self._decode()
        return Words(at_s, as_meant(decoded.text), final=True, confidence=confidence(decoded))

    async def _decode(self) -> Decoded:
        number, sound, draft = self._stretch.number, self._stretch.take(), self._tokens
        decoded = await asyncio.get_running_loop().run_in_executor(_threads(), self._read, sound, draft)
        if number == self._stretch.number:
            self._tokens = decoded.tokens
        return decoded

    def _read(self, sound: Samples, draft: tuple[int, ...]) -> Decoded:
        began = time.perf_counter()
        decoded = without_repeats(self._graphs.decode(levelled(sound), draft))
        self._took_s = time.perf_counter() - began
        return decoded


def confidence(decoded: Decoded) -> float:
    """The geometric mean of the tokens' probabilities: how surely the words were read, 0 to 1."""
    if not decoded.tokens:
        return 0.0
    sure = float(np.exp(np.mean(np.log(np.maximum(decoded.probabilities, 1e-6)))))
    return sure if decoded.ended else sure / 2


def without_repeats(decoded: Decoded) -> Decoded:
    """A decoder that found nothing to go by says the same words again and again: say them once, unsurely."""
    tokens = decoded.tokens
    for length in range(1, len(tokens) // REPEATS + 1):
        tail = tokens[-length:]
        start = len(tokens) - length
        while start >= length and tokens[start - length : start] == tail:
            start -= length
        if len(tokens) - start >= REPEATS * length:
            kept = start + length
            return Decoded(tokens[:kept], decoded.probabilities[:kept], ended=False)
    return decoded
