"""Speech for tests: the embedded voice, slower than the assistant speaks, and recordings of voices with a melody."""

import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import soxr

from conversations.live.events import Samples
from conversations.load.speech import recording
from conversations.providers.espeak import EspeakVoice
from conversations.providers.espeak_native import Manner

RATE_HZ = 48_000
RECORDINGS = Path(__file__).with_name("recordings")


def say(text: str) -> Samples:
    """`text` spoken by a patient who takes their time: mono int16 at 48 kHz."""
    sound = EspeakVoice(replace(Manner(), words_per_minute=130)).render(text)
    return np.asarray(soxr.resample(sound.samples, sound.rate_hz, RATE_HZ), np.int16)


def recordings(kind: str) -> list[Samples]:
    """All of one kind (turn, interruption, backchannel, alarm) in both voices, as scripts/record_voices made them."""
    return [recording(path) for path in sorted(RECORDINGS.glob(f"{kind}-*.ogg"))]


def silence(seconds: float) -> Samples:
    return np.zeros(int(RATE_HZ * seconds), np.int16)


def write(path: Path, *pieces: Samples) -> Path:
    """A WAV file as Chromium's fake microphone wants it."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(np.concatenate(pieces).tobytes())
    return path
