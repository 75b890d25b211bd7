"""How far lips and sound are apart at the receiving end: from pictures and sound as they were decoded.

The sound says when each phoneme begins: what the assistant said is rendered again by the same voice, which times its
phonemes, and found in what was received by correlation. The picture says how far the mouth is open. Both are put on
one clock as a browser does it, by RTCP sender reports (RFC 3550, 6.4.1). Around each phoneme's onset, the opening that
was seen is slid along the opening that the sounds ask for until they fit best: how far is the offset.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

from conversations.live.events import Phoneme
from conversations.live.lipsync import gestures, mouth_at
from conversations.providers.drawn_face import APPEARANCES, DrawnFace

Numbers = npt.NDArray[np.float64]
GRID_S = 0.005
WINDOW_S = 0.3  # to both sides of an onset
FARTHEST_S = 0.15
FITS = 0.8  # correlation of what was seen with what was to be seen
APART_S, CLEARLY = 0.06, 0.1  # no other place as far away as that may fit nearly as well
FEWEST_PICTURES = 6
FOUND = 0.5  # correlation of a sentence with what was received


class MouthGauge:
    """How far the mouth of the drawn face is open in a picture, up to a constant and a factor."""

    SIZE = 256
    GRID = (32, 24)

    def __init__(self) -> None:
        shut, wide = (_mouth(self.SIZE, symbol) for symbol in ("m", "ɑː"))
        change = np.abs(wide - shut)
        rows, columns = np.nonzero(change > 0.3 * change.max())
        self._box = (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1)
        weights = self._cut(wide) - self._cut(shut)
        self._weights = weights - weights.mean()

    def __call__(self, luma: npt.NDArray[np.uint8]) -> float:
        """Of a picture of any size, as rows of grey."""
        return float((self._cut(luma.astype(np.float32)) * self._weights).sum() / (self._weights**2).sum())

    def _cut(self, luma: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        scale = np.array([luma.shape[0], luma.shape[0], luma.shape[1], luma.shape[1]]) / self.SIZE
        top, bottom, left, right = np.round(np.array(self._box) * scale).astype(int)
        resized = cv2.resize(luma[top:bottom, left:right], self.GRID, interpolation=cv2.INTER_AREA)
        return np.asarray(resized, np.float32)


def _mouth(size: int, symbol: str) -> npt.NDArray[np.float32]:
    """The face in the middle of a long sound."""
    face = DrawnFace(APPEARANCES[0], size, reduced_motion=True)
    face.say([Phoneme(symbol, 0.0, 1.0)], 0.0)
    return np.asarray(face.draw(0.5).to_ndarray(format="gray"), np.float32)


@dataclass
class Clock:
    """One stream's media time on the sender's clock, by its sender reports: (media s, NTP s)."""

    rate_hz: int
    reports: list[tuple[float, float]] = field(default_factory=list)
    RECENT = 20

    def reported(self, rtp: int, origin: int, ntp: int) -> None:
        """A report, with the RTP timestamp that media time is counted from."""
        ahead = (rtp - origin + (1 << 31)) % (1 << 32) - (1 << 31)
        self.reports.append((ahead / self.rate_hz, ntp / (1 << 32)))

    def at(self, media_s: float) -> float:
        """Sender's time. The report nearest and its neighbours are averaged: each is as late as its packet was."""
        media, ntp = np.array(self.reports).T
        nearest = np.argsort(np.abs(media - media_s))[: self.RECENT]
        return media_s + float(np.median(ntp[nearest] - media[nearest]))


def found_at(sentence: Numbers, received: Numbers, rate_hz: int) -> tuple[float, float]:
    """(second in `received` at which the sentence begins, how well it fits: 0 to 1)."""
    product = fftconvolve(received, sentence[::-1], mode="valid")
    squares = np.concatenate([[0.0], np.cumsum(received**2)])
    energy = squares[len(sentence) :] - squares[: len(squares) - len(sentence)]
    fit = product / np.sqrt(np.maximum(energy * (sentence**2).sum(), 1e-12))
    best = int(np.argmax(fit))
    return best / rate_hz, float(fit[best])


def asked_opening(sentences: Sequence[tuple[float, Sequence[Phoneme]]]) -> tuple[Callable[[Numbers], Numbers], Numbers]:
    """The mouth's opening as the sounds ask for it, as a function of the sound's clock; and the onsets of phonemes."""
    track = [gesture for starts_s, phonemes in sentences for gesture in gestures(phonemes, starts_s)]
    grid = np.arange(track[0].start_s - 1, track[-1].end_s + 1, GRID_S)
    opening = np.array([mouth_at(track, float(at_s)).open for at_s in grid])
    onsets = np.array([gesture.start_s for gesture in track])
    return lambda at_s: np.interp(at_s, grid, opening), onsets


def offset_s(seen_s: Numbers, seen: Numbers, asked: Callable[[Numbers], Numbers], onset_s: float) -> float | None:
    """How much later the picture shows what the sound asks for around `onset_s`. None where that cannot be told."""
    near = np.abs(seen_s - onset_s) <= WINDOW_S
    at_s, opening = seen_s[near], seen[near]
    if len(at_s) < FEWEST_PICTURES or opening.std() == 0:
        return None
    slides = np.arange(-FARTHEST_S, FARTHEST_S + GRID_S / 2, GRID_S)
    fits = np.array([_correlation(asked(at_s - slide), opening) for slide in slides])
    best = int(np.argmax(fits))
    if fits[best] < FITS or best in (0, len(slides) - 1):
        return None
    if fits[np.abs(slides - slides[best]) > APART_S].max() > fits[best] - CLEARLY:
        return None  # a rhythm that fits as well elsewhere
    before, here, after = fits[best - 1 : best + 2]
    curve = before - 2 * here + after
    return float(slides[best] + (GRID_S * 0.5 * (before - after) / curve if curve else 0.0))


def _correlation(first: Numbers, second: Numbers) -> float:
    spread = first.std() * second.std()
    return float(((first - first.mean()) * (second - second.mean())).mean() / spread) if spread > 1e-6 else -1.0
