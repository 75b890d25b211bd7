"""Real speech that may be shipped: the recordings inside the moonshine-voice wheel."""

from functools import lru_cache

import numpy as np
import soundfile
import soxr

from conversations.live.events import Chunk
from conversations.providers.onnx_models import model_file


@lru_cache
def recording(name="two_cities"):
    """int16 at 16 kHz."""
    sound, rate_hz = soundfile.read(model_file("moonshine_voice", "assets", f"{name}.wav"), dtype="float32")
    return (soxr.resample(sound, rate_hz, 16_000) * 32767).clip(-32768, 32767).astype(np.int16)


def chunks_of(sound):
    whole = np.concatenate((sound, np.zeros(-len(sound) % 320, np.int16)))
    return [Chunk(whole[at : at + 320], (at + 320) / 16_000) for at in range(0, len(whole), 320)]
