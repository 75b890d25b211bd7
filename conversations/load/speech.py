"""What synthetic patients say, and how soon after the assistant: recorded lines, and gaps of real consultations."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from conversations.live.events import Samples
from conversations.synthetic_patient import AUDIBLE_DB, FRAME_SAMPLES, RATE_HZ, level_db

RECORDINGS = Path(__file__).with_name("recordings")
SOUND = {".flac", ".m4a", ".mp3", ".ogg", ".opus", ".wav"}

# Shares of the 1,436 times that a patient spoke after the doctor in 29 mock consultations of general practice, and
# within how many seconds of the doctor's end. Who spoke before it counts as 0: nearly a third.
# PriMock57, Papadopoulos Korfiatis et al. 2022, CC BY 4.0.
GAPS = (
    (0.30, 0.0),
    (0.40, 0.18),
    (0.50, 0.33),
    (0.60, 0.46),
    (0.70, 0.66),
    (0.80, 0.88),
    (0.90, 1.25),
    (0.95, 1.69),
    (0.99, 2.69),
    (1.00, 8.57),
)


@dataclass(frozen=True, eq=False)
class Line:
    """`samples` are mono, at 48 kHz."""

    voice: str
    samples: Samples


def lines(folder: Path = RECORDINGS) -> Sequence[Line]:
    """Each sound file in `folder`; what follows the last hyphen of its name is the voice. Raises `ValueError`."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SOUND) if folder.is_dir() else []
    if not paths:
        raise ValueError(f"{folder} holds no recordings: give a folder of {', '.join(sorted(SOUND))} files")
    return [Line(path.stem.rpartition("-")[2], trimmed(recording(path))) for path in paths]


def recording(path: Path) -> Samples:
    """Mono, at 48 kHz. Raises `ValueError` for a file without sound."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    try:
        with av.open(str(path)) as container:
            frames = [*container.decode(audio=0), None]
            pieces = [piece.to_ndarray()[0] for frame in frames for piece in resampler.resample(frame)]
    except (av.FFmpegError, IndexError):
        raise ValueError(f"{path} cannot be read as sound: record it anew, or take it away") from None
    return np.concatenate(pieces)


def trimmed(samples: Samples) -> Samples:
    """Without silence before and after: a patient listens as soon as the last word is out."""
    starts = range(0, len(samples), FRAME_SAMPLES)
    audible = [start for start in starts if level_db(samples[start : start + FRAME_SAMPLES]) > AUDIBLE_DB]
    if not audible:
        raise ValueError("a recording is silent: record it anew, or take it away")
    return samples[audible[0] : audible[-1] + FRAME_SAMPLES]


def gap_s(chance: random.Random) -> float:
    """Drawn from `GAPS`, linear between."""
    shares, seconds = zip(*GAPS, strict=True)
    return float(np.interp(chance.random(), shares, seconds))
