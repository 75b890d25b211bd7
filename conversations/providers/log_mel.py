"""Whisper-style log-mel features of the last eight seconds, kept up to date as the sound comes in.

Smart Turn wants its window normalised to zero mean and unit variance *before* the spectrum, so each reading
would have to transform all eight seconds again. Both steps are linear, so they can be put off: keep each frame's
mel energies of the raw sound, take the mean out of the one bin it leaks into, and divide by the variance at the
end. The few frames that touch the window's edges (reflected there) are computed anew. The result equals Pipecat's
`compute_whisper_log_mel_features` to float precision (tests/live/test_log_mel.py) at a fraction of its cost.
"""

import numpy as np
import numpy.typing as npt

from conversations.live.events import Samples

RATE_HZ = 16_000
HOP = 160
N_FFT = 400
HALF = N_FFT // 2
BINS = HALF + 1
MELS = 80
FRAMES = 800
WINDOW = FRAMES * HOP  # 8 s
VARIANCE_FLOOR = 1e-7
MEL_FLOOR = 1e-10

Sound = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]


def _hertz(mels: Floats) -> Floats:
    """Slaney's mel scale, inverted: linear to 1 kHz, logarithmic above."""
    hertz: Floats = np.where(mels < 15.0, 200.0 * mels / 3.0, 1000.0 * np.exp(np.log(6.4) / 27.0 * (mels - 15.0)))
    return hertz


def _mel_filters() -> Floats:
    """Triangles of equal area, shape (BINS, MELS)."""
    top = 15.0 + np.log(RATE_HZ / 2 / 1000.0) * 27.0 / np.log(6.4)
    corners = _hertz(np.linspace(0.0, top, MELS + 2))
    slopes = corners[None, :] - np.linspace(0, RATE_HZ / 2, BINS)[:, None]
    widths = np.diff(corners)
    triangles = np.maximum(0.0, np.minimum(-slopes[:, :-2] / widths[:-1], slopes[:, 2:] / widths[1:]))
    filters: Floats = triangles * (2.0 / (corners[2:] - corners[:-2]))[None, :]
    return filters


HANN: Floats = np.hanning(N_FFT + 1)[:-1]
FILTERS: Floats = _mel_filters()
# The mean of the sound leaks, through the window, into the bins 0 and 1 only; bin 0 carries no mel weight.
MEAN_IN_BIN_1 = complex(np.fft.rfft(HANN)[1])


class LogMel:
    """`hear` sound, in any portions; `window` gives the features of the eight seconds before the last whole hop.

    Frame k of the window is centred on its sample 160 k and reaches 200 samples to either side, so only the
    frames 2 to 798 lie wholly within it. Those are kept, shifted as sound comes in; 0, 1 and 799 are reflected
    at the window's edges and computed when asked for.
    """

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget all sound: what comes next is preceded by silence."""
        self._sound: Sound = np.zeros(WINDOW + N_FFT, np.float32)
        self._rest: Sound = np.zeros(0, np.float32)
        self._mels: Floats = np.zeros((FRAMES - 1, MELS))
        self._bin_1: Complexes = np.zeros(FRAMES - 1, np.complex128)

    def hear(self, samples: Samples) -> None:
        for start in range(0, len(samples), RATE_HZ):
            self._take(samples[start : start + RATE_HZ].astype(np.float32) / 32768.0)

    def _take(self, sound: Sound) -> None:
        new = np.concatenate((self._rest, sound))
        hops = len(new) // HOP
        new, self._rest = new[: hops * HOP], new[hops * HOP :]
        if not hops:
            return
        self._sound = np.concatenate((self._sound[len(new) :], new))
        newest = len(self._sound) - 2 * HOP + HALF  # end of frame 798
        mels, bin_1 = _spectra(_frames(self._sound[newest - N_FFT - (hops - 1) * HOP : newest]))
        self._mels = np.concatenate((self._mels[hops:], mels))
        self._bin_1 = np.concatenate((self._bin_1[hops:], bin_1))

    def window(self) -> npt.NDArray[np.float32]:
        """Shape (80, 800), as the graph wants it."""
        sound = self._sound[-WINDOW:]
        edge_mels, edge_bin_1 = _spectra(_edge_frames(sound))
        mels = np.concatenate((edge_mels[:2], self._mels[2:], edge_mels[2:]))
        bin_1 = np.concatenate((edge_bin_1[:2], self._bin_1[2:], edge_bin_1[2:]))
        mels += np.outer(np.abs(bin_1 - float(sound.mean()) * MEAN_IN_BIN_1) ** 2, FILTERS[1])
        log = np.log10(np.maximum(MEL_FLOOR, mels.T / (float(sound.var()) + VARIANCE_FLOOR)))
        log = np.maximum(log, log.max() - 8.0)
        features: npt.NDArray[np.float32] = ((log + 4.0) / 4.0).astype(np.float32)
        return features


def _frames(sound: Sound) -> Floats:
    return np.lib.stride_tricks.sliding_window_view(sound.astype(np.float64), N_FFT)[::HOP]


def _edge_frames(window: Sound) -> Floats:
    """Frames 0, 1 and 799 of a window, reflected at its ends."""
    start = np.concatenate((window[HALF:0:-1], window[: HOP + HALF]))
    end = np.concatenate((window[-HALF - HOP :], window[-2 : HOP - HALF - 2 : -1]))
    return np.concatenate((_frames(start), _frames(end)))


def _spectra(frames: Floats) -> tuple[Floats, Complexes]:
    """Mel energies without bin 1, and bin 1, of each frame."""
    spectrum = np.fft.rfft(frames * HANN, axis=-1)
    power = np.abs(spectrum) ** 2
    power[:, 1] = 0.0
    return power @ FILTERS, spectrum[:, 1]
