"""Recordings named by a manifest, as the call would hear them: mono int16 at 16 kHz."""

from pathlib import Path

import numpy as np
import soundfile
import soxr

from conversations.evaluation import BadCases
from conversations.live.events import Chunk, Samples

RATE_HZ = 16_000
CHUNK = 320


def recording(path: Path) -> Samples:
    """Raises `BadCases` if it cannot be read."""
    try:
        sound, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as problem:
        raise BadCases(f"{path} cannot be read as sound.") from problem
    mono = soxr.resample(sound.mean(axis=1), rate_hz, RATE_HZ)
    samples: Samples = np.clip(mono * 32767.0, -32768, 32767).astype(np.int16)
    return samples


def stretch(sound: Samples, start_s: float, end_s: float) -> Samples:
    return sound[max(0, int(start_s * RATE_HZ)) : int(end_s * RATE_HZ)]


def chunks(sound: Samples) -> list[Chunk]:
    """20 ms each, as from a microphone; the last is filled up with silence."""
    whole = np.concatenate((sound, np.zeros(-len(sound) % CHUNK, np.int16)))
    return [Chunk(whole[at : at + CHUNK], (at + CHUNK) / RATE_HZ) for at in range(0, len(whole), CHUNK)]
