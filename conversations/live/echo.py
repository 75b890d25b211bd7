"""Takes our own voice out of the patient's microphone, so that it never interrupts us. It counts samples, not time.

Browsers cancel echo, but not all of it, not at once, and not on every phone. What we play is known to the sample, so
what comes back of it can be predicted: an adaptive filter learns the way from the loudspeaker to the microphone
(partitioned blocks in the frequency domain, Soo and Pang 1990). Two copies are kept (Ochiai, Araseki and Ogihara 1977):
one always learns, the other is believed, and takes over what the first has learnt only once that has proved better, so
that a patient who talks over us does not spoil it. What it leaves is muted where it is still a delayed copy of ours.
Nothing is touched while we are silent.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import soxr

from conversations.live.events import Chunk, Samples

RATE_HZ = 16_000
BLOCK = 320  # a chunk: 20 ms
PARTITIONS = 16  # 0.32 s from the loudspeaker to the last of the echo
STEP = 0.5  # of the normalised gradient
QUIET_POWER = 1e-2  # keeps the gradient small where we say nothing, per bin
SMOOTH = 0.85  # of the powers that are compared, from block to block
BETTER = (
    0.7  # the learner's error must be below this share of the believed one's, and of the microphone, to be believed
)
WORSE = 1.5  # an error above this share of the microphone: the filter makes it worse, and is forgotten

AUDIBLE_RMS = 1e-4  # of full scale (-80 dB): below, we are silent
STILL_HEARD_BLOCKS = 25  # echo may still come half a second after we fell silent
AHEAD, BEHIND = 2 * BLOCK, 10 * BLOCK  # how far the two streams may drift before they are put side by side again

COPY_BLOCKS = 6  # of the microphone (0.12 s), compared with what we played
SURE_COPY = 0.5  # share of its energy that one delayed copy of ours explains
LIKELY_COPY = 0.12  # the same, at the delay that was found before
SAME_DELAY = 32  # samples: 2 ms
MOSTLY_ECHO = 1.0  # predicted echo over what is left of the sound, in power: above, nobody else speaks
MUTED = 0.02

Floats = npt.NDArray[np.float64]
Spectra = npt.NDArray[np.complex128]


class EchoGuard:
    """One per call. `played` each frame handed to the wire, `clean` each chunk of the microphone, both every 20 ms."""

    def __init__(self, played_rate_hz: int = 48_000) -> None:
        self._resample = soxr.ResampleStream(played_rate_hz, RATE_HZ, 1, dtype="float32")
        self._waiting: Floats = np.zeros(0)  # played, not yet put beside the microphone
        self._behind = 0  # samples that the microphone is ahead by
        self._audible_blocks = 0
        self._canceller = _Canceller()
        self._copies = _Copies()

    def played(self, samples: Samples) -> None:
        sound = self._resample.resample_chunk(samples.astype(np.float32) / 32768.0).astype(np.float64)
        self._waiting = np.concatenate((self._waiting, sound))
        if len(self._waiting) > BEHIND:
            self._waiting = self._waiting[-BLOCK:]

    def clean(self, chunk: Chunk) -> Chunk:
        """The chunk without our own voice."""
        ours = self._next_block()
        if np.sqrt(np.mean(ours**2)) > AUDIBLE_RMS:
            self._audible_blocks = STILL_HEARD_BLOCKS
        heard = chunk.samples.astype(np.float64) / 32768.0
        if not self._audible_blocks:
            self._canceller.remember(ours)
            self._copies.remember(ours, heard)
            return chunk
        self._audible_blocks -= 1
        left = self._canceller.take_out(ours, heard)
        self._copies.remember(ours, left.sound)
        if left.echo_share >= MOSTLY_ECHO or self._copies.is_copy():
            left = replace(left, sound=left.sound * MUTED)
        return replace(chunk, samples=np.clip(left.sound * 32768.0, -32768, 32767).astype(np.int16))

    def _next_block(self) -> Floats:
        """What we played beside the next chunk; silence if the microphone has got ahead."""
        if len(self._waiting) < BLOCK:
            return np.zeros(BLOCK)
        block, self._waiting = self._waiting[:BLOCK], self._waiting[BLOCK:]
        return block


@dataclass(frozen=True)
class _Left:
    """What is left of a block; `echo_share` is the predicted echo's power over it."""

    sound: Floats
    echo_share: float


class _Canceller:
    """The adaptive filter."""

    def __init__(self) -> None:
        self._spectra: Spectra = np.zeros((PARTITIONS, BLOCK + 1), np.complex128)  # of what we played, newest first
        self._learner: Spectra = np.zeros_like(self._spectra)
        self._believed: Spectra = np.zeros_like(self._spectra)
        self._last: Floats = np.zeros(BLOCK)
        self._power = 0.0  # of the microphone, of the learner's error, of the believed error
        self._learner_error = 0.0
        self._believed_error = 0.0

    def remember(self, ours: Floats) -> None:
        self._spectra = np.roll(self._spectra, 1, axis=0)
        self._spectra[0] = np.fft.rfft(np.concatenate((self._last, ours)))
        self._last = ours

    def take_out(self, ours: Floats, heard: Floats) -> _Left:
        self.remember(ours)
        echo = self._predicted(self._believed)
        left = heard - echo
        error = heard - self._predicted(self._learner)
        self._compare(heard, error, left)
        self._learn(error)
        share = float(np.mean(echo**2) / (np.mean(left**2) + 1e-12))
        return _Left(left, share)

    def _predicted(self, path: Spectra) -> Floats:
        whole: Floats = np.fft.irfft((path * self._spectra).sum(axis=0))
        return whole[BLOCK:]

    def _learn(self, error: Floats) -> None:
        gradient = np.fft.rfft(np.concatenate((np.zeros(BLOCK), error)))
        power = (np.abs(self._spectra) ** 2).sum(axis=0) + QUIET_POWER
        path = np.fft.irfft(self._learner + STEP * self._spectra.conj() * (gradient / power), axis=1)
        path[:, BLOCK:] = 0.0  # each partition answers for its own delay only
        self._learner = np.fft.rfft(path, axis=1)

    def _compare(self, heard: Floats, error: Floats, left: Floats) -> None:
        self._power = _smoothed(self._power, heard)
        self._learner_error = _smoothed(self._learner_error, error)
        self._believed_error = _smoothed(self._believed_error, left)
        if self._learner_error < BETTER * min(self._believed_error, self._power):
            self._believed, self._believed_error = self._learner.copy(), self._learner_error
        if self._learner_error > WORSE * self._power:
            self._learner, self._learner_error = self._believed.copy(), self._believed_error
        if self._believed_error > WORSE * self._power:
            self._believed, self._believed_error = np.zeros_like(self._believed), self._power


class _Copies:
    """Finds whether the microphone's last 0.12 s are a delayed copy of what we played."""

    def __init__(self) -> None:
        self._ours: Floats = np.zeros((PARTITIONS + COPY_BLOCKS) * BLOCK)
        self._heard: Floats = np.zeros(COPY_BLOCKS * BLOCK)
        self._delay: int | None = None

    def remember(self, ours: Floats, heard: Floats) -> None:
        self._ours = np.concatenate((self._ours[BLOCK:], ours))
        self._heard = np.concatenate((self._heard[BLOCK:], heard))

    def is_copy(self) -> bool:
        shares = self._shares()
        place = int(shares.argmax())
        if shares[place] >= SURE_COPY:
            self._delay = place
            return True
        if self._delay is None:
            return False
        near = shares[max(0, self._delay - SAME_DELAY) : self._delay + SAME_DELAY]
        return bool(near.max() >= LIKELY_COPY)

    def _shares(self) -> Floats:
        """For each place in what we played: the share of the microphone's energy that a copy from there explains."""
        length, size = len(self._heard), len(self._ours)
        points = 1 << (size + length - 1).bit_length()
        product = np.fft.rfft(self._ours, points) * np.fft.rfft(self._heard, points).conj()
        matches = np.fft.irfft(product, points)[: size - length + 1]
        sums = np.concatenate(([0.0], np.cumsum(self._ours**2)))
        energy = (sums[length:] - sums[:-length]) * np.sum(self._heard**2)
        shares: Floats = matches**2 / (energy + 1e-9)
        return shares


def _smoothed(power: float, sound: Floats) -> float:
    return SMOOTH * power + (1.0 - SMOOTH) * float(np.mean(sound**2))


async def guarded(chunks: AsyncIterator[Chunk], guard: EchoGuard) -> AsyncIterator[Chunk]:
    """The microphone without our own voice."""
    async for chunk in chunks:
        yield guard.clean(chunk)
