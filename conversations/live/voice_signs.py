"""How the patient's voice sounds, beside what it says: pitch, loudness, rate, pauses, tremor, breath. Pure.

From the sound alone, frame by frame as it comes (about 0.1 ms for 20 ms of sound), summed up for each utterance and
compared with the patient's earlier ones. Methods: fundamental frequency from the normalised autocorrelation of a
windowed frame (Boersma, 1993, IFA Proceedings 17); rate from peaks of loudness in voiced sound (de Jong and Wempe,
2009, Behavior Research Methods 41); tremor as the share of the pitch contour's movement between 4 and 8 Hz.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from conversations.live.events import Samples
from conversations.live.signs import Sign, Usual, strongest_first

RATE_HZ = 16_000
HOP_S = 0.02
FRAME = 640  # 40 ms
LOWEST_HZ, HIGHEST_HZ = 65, 400
VOICED = 0.55  # of the autocorrelation at no lag
LONGEST = 1500  # frames of one utterance: 30 s
PAUSE = 10  # frames: 200 ms within an utterance
QUIET_DB = 18.0  # below the utterance's loud parts
LEARNING = 3  # utterances before anything stands out
SHORTEST_S = 0.6

Numbers = npt.NDArray[np.float64]

_WINDOW = np.hanning(FRAME)
_OF_WINDOW = np.fft.irfft(np.abs(np.fft.rfft(_WINDOW, 2 * FRAME)) ** 2)[:FRAME]


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of speech in numbers."""

    seconds: float
    level_db: float
    pitch: float  # semitones above 100 Hz, median
    liveliness: float  # spread of the pitch in semitones
    syllables_per_s: float
    pauses_per_s: float
    pause_share: float
    tremor: float  # share of the pitch's movement between 4 and 8 Hz, 0 to 1
    phrase_s: float  # median stretch between pauses


class VoiceMeter:
    """Measures the sound as it comes; `utterance` sums up what came since `begin`."""

    def __init__(self) -> None:
        self._last = np.zeros(FRAME)
        self._frames: list[tuple[float, float]] = []  # level in dB, Hz (0 where there is no pitch)

    def begin(self, keep_s: float = 0.0) -> None:
        """An utterance began `keep_s` ago."""
        self._frames = self._frames[-round(keep_s / HOP_S) :] if keep_s > 0 else []

    def hear(self, samples: Samples) -> None:
        """20 ms more, at 16 kHz."""
        self._last = np.concatenate([self._last[len(samples) :], samples / 32768.0])
        if len(self._frames) >= LONGEST:
            del self._frames[: LONGEST // 3]
        self._frames.append((_level_db(self._last), _pitch_hz(self._last)))

    def utterance(self) -> Utterance | None:
        """None if too little was said to tell anything."""
        if len(self._frames) * HOP_S < SHORTEST_S:
            return None
        levels, pitches = (np.array(column) for column in zip(*self._frames, strict=True))
        return summed_up(levels, pitches)


def summed_up(levels: Numbers, pitches: Numbers) -> Utterance | None:
    """An utterance from its frames; None if there is too little voice in it. Silence at both ends does not count."""
    loud = float(np.percentile(levels, 90))
    sounding = levels > loud - QUIET_DB
    if not sounding.any():
        return None
    first, last = np.flatnonzero(sounding)[[0, -1]]
    spoken = slice(first, last + 1)
    levels, pitches, sounding = levels[spoken], pitches[spoken], sounding[spoken]
    seconds = len(levels) * HOP_S
    voiced = pitches > 0
    if seconds < SHORTEST_S or voiced.sum() < 10:
        return None
    semitones = 12 * np.log2(pitches[voiced] / 100)
    pauses = [length for quiet, length in _runs(~sounding) if quiet and length >= PAUSE]
    phrases = _phrases(sounding)
    return Utterance(
        seconds=seconds,
        level_db=float(levels[sounding].mean()),
        pitch=float(np.median(semitones)),
        liveliness=float(np.percentile(semitones, 80) - np.percentile(semitones, 20)),
        syllables_per_s=_nuclei(levels, voiced) / max(sounding.sum() * HOP_S, HOP_S),
        pauses_per_s=len(pauses) / seconds,
        pause_share=sum(pauses) * HOP_S / seconds,
        tremor=_tremor(pitches),
        phrase_s=float(np.median(phrases)) * HOP_S,
    )


def _level_db(frame: Numbers) -> float:
    return float(10 * np.log10(np.mean(frame[-320:] ** 2) + 1e-10))


def _pitch_hz(frame: Numbers) -> float:
    """Fundamental frequency of a frame, 0 where it has none."""
    if np.mean(frame**2) < 1e-7:  # -70 dBFS
        return 0.0
    spectrum = np.fft.rfft((frame - frame.mean()) * _WINDOW, 2 * FRAME)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[:FRAME]
    shortest, longest = RATE_HZ // HIGHEST_HZ, RATE_HZ // LOWEST_HZ
    normal = correlation[: longest + 1] / correlation[0] * (_OF_WINDOW[0] / _OF_WINDOW[: longest + 1])
    lags = normal[shortest:]
    # The shortest lag that is nearly as good as the best: the best may be two periods.
    best = int(np.argmax(lags >= 0.93 * lags.max()))
    while best + 1 < len(lags) and lags[best + 1] > lags[best]:
        best += 1
    return RATE_HZ / (best + shortest) if lags[best] > VOICED else 0.0


def _runs(flags: npt.NDArray[np.bool_]) -> list[tuple[bool, int]]:
    """(value, length) of each stretch of equal flags."""
    edges = np.flatnonzero(np.diff(flags)) + 1
    parts = np.split(flags, edges)
    return [(bool(part[0]), len(part)) for part in parts]


def _phrases(sounding: npt.NDArray[np.bool_]) -> list[int]:
    """Frames of each stretch of speech between pauses of 200 ms."""
    lengths, open_length = [], 0
    for sounds, length in _runs(sounding):
        if not sounds and length >= PAUSE:
            lengths.append(open_length)
            open_length = 0
        else:
            open_length += length
    return [length for length in [*lengths, open_length] if length]


def _nuclei(levels: Numbers, voiced: npt.NDArray[np.bool_]) -> int:
    """Syllables: peaks of smoothed loudness in voiced sound, with a dip of 2 dB between two."""
    smooth = np.convolve(levels, [0.25, 0.5, 0.25], mode="same")
    count, lowest, highest = 0, smooth[0], -np.inf
    for level, has_voice in zip(smooth, voiced, strict=True):
        if level > lowest + 2 and has_voice and level > highest:
            highest = level
        elif highest > -np.inf and level < highest - 2:
            count, lowest, highest = count + 1, level, -np.inf
        if highest == -np.inf:
            lowest = min(lowest, level)
    return count + (highest > -np.inf)


def _tremor(pitches: Numbers) -> float:
    """Of how the pitch moves within voiced stretches of 0.4 s and more, the share between 4 and 8 Hz."""
    within = total = 0.0
    start = 0
    for has_pitch, length in _runs(pitches > 0):
        if has_pitch and length >= 20:
            cents = 1200 * np.log2(pitches[start : start + length])
            cents = cents - np.polyval(np.polyfit(np.arange(length), cents, 2), np.arange(length))
            power = np.abs(np.fft.rfft(cents * np.hanning(length))) ** 2
            rates = np.fft.rfftfreq(length, HOP_S)
            within += float(power[(rates >= 4) & (rates <= 8)].sum())
            total += float(power[(rates > 0) & (rates <= 20)].sum()) + 25.0 * length  # under 5 cents is no tremor
        start += length
    return within / total if total else 0.0


class Voice:
    """This patient's voice over the call."""

    def __init__(self) -> None:
        self.meter = VoiceMeter()
        self._usual = {
            "level_db": Usual(least=2.0),
            "pitch": Usual(least=0.8),
            "liveliness": Usual(least=0.6),
            "syllables_per_s": Usual(least=0.5),
            "pause_share": Usual(least=0.06),
            "tremor": Usual(least=0.06),
            "phrase_s": Usual(least=0.4),
        }

    def begin(self, keep_s: float) -> None:
        """An utterance began `keep_s` ago; the one before counts among the usual ones."""
        before = self.meter.utterance()
        if before:
            self._usual = {name: usual.after(getattr(before, name)) for name, usual in self._usual.items()}
        self.meter.begin(keep_s)

    def signs(self) -> Sequence[Sign]:
        """What stands out in this utterance so far."""
        utterance = self.meter.utterance()
        return signs(utterance, self._usual) if utterance and self._usual["pitch"].count >= LEARNING else ()


def signs(utterance: Utterance, usual: dict[str, Usual]) -> Sequence[Sign]:
    """What stands out from this patient's usual, strongest first."""
    z = {name: known.stands_out([getattr(utterance, name)]) for name, known in usual.items()}
    found = (
        Sign("voice higher and tighter", _over(min(z["pitch"], z["liveliness"] + 3)), concern=0.4),
        Sign("voice quieter", _over(-z["level_db"]), concern=0.3),
        Sign("voice louder", _over(z["level_db"])),
        Sign("speaking slower", _over(-z["syllables_per_s"]), concern=0.2),
        Sign("speaking faster", _over(z["syllables_per_s"])),
        Sign("flat voice", _over(-z["liveliness"]), concern=0.2),
        Sign("hesitating", _over(z["pause_share"]), concern=0.2),
        Sign("voice trembling", _over(z["tremor"]) if utterance.tremor > 0.25 else 0.0, concern=0.5),
        Sign("short of breath between words", _breathless(utterance, z), concern=0.7),
    )
    return strongest_first(found)


def _breathless(utterance: Utterance, z: dict[str, float]) -> float:
    """Short stretches with many pauses, in an utterance long enough to tell."""
    if utterance.seconds < 2.0 or utterance.phrase_s > 1.2 or utterance.pauses_per_s < 0.4:
        return 0.0
    return _over(min(-z["phrase_s"], z["pause_share"]) + 0.5)


def _over(z: float) -> float:
    """0 up to two spreads from usual, 0.3 just above, 1 from five on."""
    return min(1.0, 0.3 + 0.7 * (z - 2) / 3) if z >= 2 else 0.0
