"""Mouth shapes from the sound alone, for voices that do not say when their phonemes are.

A small network over log-mel frames: nine frames of the past and two of the future, so it looks
30 ms ahead. Each voice's own average spectrum is taken off first, which is what makes it carry
over to voices it was not fitted to. `manage.py train_lips` fits it to the embedded voice, whose
phoneme times are known. Pure: no clock, no network; the weights lie beside this file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from conversations.live.events import Phoneme, Samples
from conversations.live.visemes import Viseme

RATE_HZ = 16_000
HOP, WINDOW = 160, 320
BANDS = 26
PAST, FUTURE = 9, 2
LOOK_AHEAD_S = (WINDOW / 2 + FUTURE * HOP) / RATE_HZ
WEIGHTS = Path(__file__).with_name("heard_lips.npz")
CLASSES = tuple(Viseme)

_FFT = 512
_HEARD = 5.0  # log units below the loudest: quieter frames say nothing about the voice
_FIRST_FRAMES, _MOST_FRAMES = 60.0, 3000.0  # how firmly the average is held, in frames
_SHORTEST = 2  # frames

# One symbol that `visemes_of` turns into the class again.
SYMBOL = {
    Viseme.CLOSED: "m",
    Viseme.LIP_TEETH: "f",
    Viseme.TONGUE_TEETH: "θ",
    Viseme.RIDGE: "n",
    Viseme.HISS: "s",
    Viseme.HUSH: "ʃ",
    Viseme.ARR: "ɹ",
    Viseme.BACK: "k",
    Viseme.PURSED: "u",
    Viseme.ROUND: "ɔ",
    Viseme.OPEN: "a",
    Viseme.MID: "ə",
    Viseme.WIDE: "i",
}

Frames = npt.NDArray[np.float32]  # (frames, features)


@dataclass(frozen=True)
class Network:
    """Two hidden layers. `centre` and `spread` scale the input."""

    centre: Frames
    spread: Frames
    weights: tuple[Frames, ...]
    biases: tuple[Frames, ...]

    def classes(self, frames: Frames) -> npt.NDArray[np.int64]:
        """The likeliest class of each frame, as an index into `CLASSES`."""
        signal = (frames - self.centre) / self.spread
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            signal = np.maximum(signal @ weight + bias, 0)
        return np.asarray((signal @ self.weights[-1] + self.biases[-1]).argmax(axis=1))


class Ear:
    """Knows one voice: its average spectrum and how loud it gets. One per voice and call."""

    def __init__(self, mean: Frames | None = None) -> None:
        self._mean = first_mean() if mean is None else mean
        self._held = _FIRST_FRAMES
        self._loudest = -4.0
        self._before: Frames = np.zeros((0, BANDS + 1), np.float32)
        self._tail: npt.NDArray[np.float32] = np.zeros(0, np.float32)

    def context(self, sound: npt.NDArray[np.float32]) -> Frames:
        """What the network sees for each 10 ms of the next stretch of sound (mono, 16 kHz, -1 to 1)."""
        heard = np.concatenate([self._tail, sound])
        frames = self._own(log_mel(heard))
        self._tail = heard[len(frames) * HOP :]
        seen = np.concatenate([self._before, frames])
        self._before = seen[-PAST:]
        return _windows(seen, len(frames))

    def phonemes(self, samples: Samples, rate_hz: int) -> tuple[Phoneme, ...]:
        """The shapes heard in a piece of speech, timed from its start, under symbols that stand for them."""
        if not len(samples):
            return ()
        pending_s = len(self._tail) / RATE_HZ
        frames = self.context(soxr.resample(samples.astype(np.float32) / 32768, rate_hz, RATE_HZ))
        if not len(frames):
            return ()
        starts_s = (WINDOW - HOP) / 2 / RATE_HZ - pending_s
        return spelled(steadied(network().classes(frames)), starts_s, len(samples) / rate_hz)

    def _own(self, frames: Frames) -> Frames:
        """Relative to the voice's average so far, and the level relative to its loudest."""
        if not len(frames):
            return np.zeros((0, BANDS + 1), np.float32)
        level = frames.mean(axis=1)
        loudest = np.maximum.accumulate(np.maximum(level, self._loudest))
        telling = (level > loudest - _HEARD)[:, None]
        held = min(self._held, _MOST_FRAMES)
        sums = self._mean * held + np.cumsum(np.where(telling, frames, 0), axis=0)
        counts = held + np.cumsum(telling, axis=0)
        self._mean, self._held, self._loudest = sums[-1] / counts[-1], float(counts[-1, 0]), float(loudest[-1])
        return np.asarray(np.column_stack([frames - sums / counts, level - loudest]), np.float32)


def log_mel(sound: npt.NDArray[np.float32]) -> Frames:
    if len(sound) < WINDOW:
        return np.zeros((0, BANDS), np.float32)
    pieces = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(pieces * np.hanning(WINDOW).astype(np.float32), _FFT)) ** 2
    return np.asarray(np.log(power @ _bands() + 1e-7), np.float32)


def steadied(classes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Without flickers: a class that lasts a single frame becomes the one before it."""
    steady = classes.copy()
    edges = [0, *(np.flatnonzero(np.diff(classes)) + 1).tolist(), len(classes)]
    for start, end in pairwise(edges[1:]):
        if end - start < _SHORTEST:
            steady[start:end] = steady[start - 1]
    return steady


def spelled(classes: Sequence[int] | npt.NDArray[np.int64], starts_s: float, lasts_s: float) -> tuple[Phoneme, ...]:
    """Runs of a class as phonemes inside 0 to `lasts_s`; rest is left out."""
    steps = np.asarray(classes)
    edges = [0, *(np.flatnonzero(np.diff(steps)) + 1).tolist(), len(steps)]
    found = []
    for start, end in pairwise(edges):
        viseme = CLASSES[int(steps[start])]
        first_s = max(0.0, starts_s + start * HOP / RATE_HZ)
        last_s = min(lasts_s, starts_s + end * HOP / RATE_HZ) if end < len(steps) else lasts_s
        if viseme is not Viseme.REST and last_s > first_s:
            found.append(Phoneme(SYMBOL[viseme], first_s, last_s))
    return tuple(found)


def _windows(seen: Frames, count: int) -> Frames:
    """For the last `count` frames, each with its past and future; edges repeat."""
    if not count:
        return np.zeros((0, (BANDS + 1) * (PAST + FUTURE + 1)), np.float32)
    known = len(seen) - count
    padded = np.pad(seen, ((PAST - known, FUTURE), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, PAST + FUTURE + 1, axis=0)
    return np.ascontiguousarray(windows).reshape(count, -1)


@cache
def network() -> Network:
    with np.load(WEIGHTS) as stored:
        layers = range(3)
        return Network(
            stored["centre"].astype(np.float32),
            stored["spread"].astype(np.float32),
            tuple(stored[f"weight{layer}"].astype(np.float32) for layer in layers),
            tuple(stored[f"bias{layer}"].astype(np.float32) for layer in layers),
        )


@cache
def first_mean() -> Frames:
    """The average spectrum of the voices it was fitted to: where a new voice starts from."""
    with np.load(WEIGHTS) as stored:
        return np.asarray(stored["mean"], np.float32)


@cache
def _bands() -> Frames:
    """Triangular mel filters from 80 to 7600 Hz, (bins, bands)."""
    bins = np.fft.rfftfreq(_FFT, 1 / RATE_HZ)
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (80, 7600))
    edges = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    rise = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    return np.asarray(np.clip(np.minimum(rise, fall), 0, None), np.float32)
