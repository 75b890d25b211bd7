"""Softens and levels a synthetic voice as it streams: a gentle equaliser, a fixed gain, a soft ceiling.

Consonants stay: people who hear poorly live on 2 to 5 kHz, so the edge is taken off only above that.
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from conversations.live.events import Samples

_TAPS = 256
_CEILING = 0.89  # -1 dBFS
_KNEE = 0.6

# (Hz, dB): less rumble, a little chest, the buzz of the upper formants taken down.
_CURVE = (
    (0, -30.0),
    (70, -12.0),
    (120, 0.0),
    (220, 2.5),
    (500, 1.0),
    (1000, 0.0),
    (2500, 0.0),
    (4500, -1.5),
    (6500, -4.0),
    (9000, -12.0),
    (11025, -30.0),
)


class Timbre:
    """Stateful: one per utterance. The filter is minimum-phase, so it adds no delay worth counting (under 1 ms)."""

    def __init__(self, rate_hz: int, gain_db: float) -> None:
        self._kernel = _minimum_phase(rate_hz) * np.float32(10 ** (gain_db / 20) / 32768)
        self._before: npt.NDArray[np.float32] = np.zeros(_TAPS - 1, np.float32)

    def shape(self, samples: Samples) -> Samples:
        """The same number of samples, softened."""
        if len(samples) == 0:
            return samples
        heard = np.concatenate([self._before, samples.astype(np.float32)])
        self._before = heard[-(_TAPS - 1) :]
        return _to_int16(_soft_ceiling(np.convolve(heard, self._kernel, mode="valid")))


def _soft_ceiling(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Linear below the knee, then bent so that no peak passes the ceiling."""
    size = np.abs(sound)
    room = _CEILING - _KNEE
    bent = _KNEE + room * np.tanh((size - _KNEE) / room)
    return np.where(size <= _KNEE, sound, np.copysign(bent, sound)).astype(np.float32)


def _to_int16(sound: npt.NDArray[np.float32]) -> Samples:
    return np.asarray(np.round(sound * 32767), np.int16)


@cache
def _minimum_phase(rate_hz: int) -> npt.NDArray[np.float32]:
    """The curve as a minimum-phase FIR, by folding the real cepstrum (Oppenheim and Schafer, 1989, ch. 12)."""
    size = 4096
    bins = np.arange(size // 2 + 1) * rate_hz / size
    gains_db = np.interp(bins, [hz for hz, _ in _CURVE], [db for _, db in _CURVE])
    magnitude = 10 ** (gains_db / 20)
    cepstrum = np.fft.irfft(np.log(magnitude), size)
    folded = np.zeros(size)
    folded[0], folded[size // 2] = cepstrum[0], cepstrum[size // 2]
    folded[1 : size // 2] = 2 * cepstrum[1 : size // 2]
    impulse = np.fft.irfft(np.exp(np.fft.rfft(folded)), size)[:_TAPS]
    impulse[-32:] *= np.cos(np.linspace(0, np.pi / 2, 32)) ** 2
    return impulse.astype(np.float32)
