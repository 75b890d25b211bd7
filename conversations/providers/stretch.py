"""The sound of one stretch of speech, as a recogniser gathers it."""

import numpy as np

from conversations.live.events import Samples

RATE_HZ = 16_000
LONGEST_S = 20.0  # older sound is dropped (`ears` splits long before)


class Stretch:
    """`number` changes when a new stretch begins: what was read of an older one is told apart by it."""

    def __init__(self) -> None:
        self.number = 0
        self.at_s = 0.0  # end of the sound
        self.samples = 0
        self.read_samples = 0  # up to where a reading has begun
        self._sound: list[Samples] = []

    def begin(self, lead_in: Samples, at_s: float) -> None:
        self._sound, self.samples, self.read_samples = [], 0, 0
        self.number += 1
        self.at_s = at_s
        self.hear(lead_in)

    def hear(self, samples: Samples) -> None:
        self._sound.append(samples)
        self.samples += len(samples)
        self.at_s += len(samples) / RATE_HZ
        while self.samples > LONGEST_S * RATE_HZ:
            self.samples -= len(self._sound.pop(0))

    @property
    def unread_s(self) -> float:
        return (self.samples - self.read_samples) / RATE_HZ

    def take(self) -> Samples:
        """All of it, from now on taken as read."""
        self.read_samples = self.samples
        return np.concatenate(self._sound or [np.zeros(0, np.int16)])
