"""A sentence's sound at the rate of the wire, and what its phonemes' times are then."""

from collections.abc import AsyncIterator

import numpy as np
import pytest

from conversations.live.events import Phoneme, Samples, Sound
from conversations.live.out import RATE_HZ
from conversations.live.speak import speak

PIECE_S = 0.2


class Clicks:
    """A voice of short pieces, one at each rate, each with a click in its middle and a phoneme for it."""

    def __init__(self, *rates_hz: int) -> None:
        self.rates_hz = rates_hz

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        for rate_hz in self.rates_hz:
            samples = np.zeros(round(PIECE_S * rate_hz), np.int16)
            samples[len(samples) // 2] = 20_000
            yield Sound(samples, rate_hz, text, (Phoneme("t", PIECE_S / 2, PIECE_S / 2 + 0.02),))


@pytest.mark.parametrize("rates_hz", [(22_050,) * 4, (16_000, 16_000, 24_000, 24_000)])
async def test_a_phoneme_is_told_for_the_moment_at_which_it_is_heard(rates_hz: tuple[int, ...]):
    told: list[float] = []
    played: list[Samples] = []
    async for sound, samples in speak("t", Clicks(*rates_hz)):
        begins_s = sum(map(len, played)) / RATE_HZ
        told += [begins_s + one.start_s for one in sound.phonemes]
        played.append(samples)
    heard = np.concatenate(played).astype(float)
    assert len(heard) == pytest.approx(len(rates_hz) * PIECE_S * RATE_HZ, abs=2)
    for number, at_s in enumerate(told):
        piece = heard[int(number * PIECE_S * RATE_HZ) : int((number + 1) * PIECE_S * RATE_HZ)]
        assert at_s == pytest.approx(number * PIECE_S + np.abs(piece).argmax() / RATE_HZ, abs=0.001)
