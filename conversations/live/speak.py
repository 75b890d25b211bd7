"""A sentence becomes sound at the rate of the wire."""

from collections.abc import AsyncIterator

import numpy as np
import soxr

from conversations.live.closing import closing
from conversations.live.events import Samples, Sound
from conversations.live.out import RATE_HZ
from conversations.live.ports import Voice


async def speak(text: str, voice: Voice) -> AsyncIterator[tuple[Sound, Samples]]:
    """The pieces of one sentence, each with its samples at 48 kHz, first one as soon as the voice gives it."""
    stream: soxr.ResampleStream | None = None
    rate_hz = 0
    async with closing(voice.speak(text)) as sounds:
        async for sound in sounds:
            if stream is None or sound.rate_hz != rate_hz:  # another voice may take over
                rate_hz = sound.rate_hz
                stream = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="int16", quality="HQ")
            yield sound, stream.resample_chunk(sound.samples)
    if stream is not None:
        tail = stream.resample_chunk(np.zeros(0, np.int16), last=True)
        yield Sound(np.zeros(0, np.int16), RATE_HZ), tail
