"""A sentence becomes sound at the rate of the wire."""

from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import soxr

from conversations.live.closing import closing
from conversations.live.events import Samples, Sound
from conversations.live.out import RATE_HZ
from conversations.live.ports import Voice


class _Resampling:
    """One voice's sound, at 48 kHz. The resampler keeps some 20 ms back until more comes."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._stream = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="int16", quality="HQ")
        self._kept_back_s = 0.0

    def piece(self, sound: Sound) -> tuple[Sound, Samples]:
        """What can be played of it now. Its phonemes move with it: what was kept back comes before them."""
        samples = self._stream.resample_chunk(sound.samples)
        later_s, self._kept_back_s = (
            self._kept_back_s,
            self._kept_back_s + sound.duration_s - len(samples) / RATE_HZ,
        )
        phonemes = tuple(
            replace(one, start_s=one.start_s + later_s, end_s=one.end_s + later_s) for one in sound.phonemes
        )
        return replace(sound, phonemes=phonemes), samples

    def rest(self) -> tuple[Sound, Samples]:
        tail = self._stream.resample_chunk(np.zeros(0, np.int16), last=True)
        return Sound(np.zeros(0, np.int16), RATE_HZ), tail


async def speak(text: str, voice: Voice) -> AsyncIterator[tuple[Sound, Samples]]:
    """The pieces of one sentence, each with its samples at 48 kHz, first one as soon as the voice gives it."""
    resampling: _Resampling | None = None
    async with closing(voice.speak(text)) as sounds:
        async for sound in sounds:
            if resampling is None or sound.rate_hz != resampling.rate_hz:  # another voice may take over
                if resampling:
                    yield resampling.rest()
                resampling = _Resampling(sound.rate_hz)
            yield resampling.piece(sound)
    if resampling is not None:
        yield resampling.rest()
