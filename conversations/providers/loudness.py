"""Levels speech to what the recognisers were trained on: a frail voice far from the phone is still to be understood."""

import numpy as np
import numpy.typing as npt

from conversations.live.events import Samples

FRAME = 400  # 25 ms at 16 kHz
SPEECH_RMS = 0.1  # -20 dBFS
PEAK = 0.97
MOST_GAIN = 60.0  # 36 dB: more would only raise the noise


def levelled(sound: Samples) -> npt.NDArray[np.float32]:
    """Float sound whose louder frames (the speech, not the pauses) stand at -20 dBFS, never clipped."""
    loud = sound.astype(np.float32) / 32768.0
    if len(loud) < FRAME:
        return loud
    frames = loud[: len(loud) // FRAME * FRAME].reshape(-1, FRAME)
    levels = np.sqrt(np.mean(frames**2, axis=1))
    speech_rms = float(np.sqrt(np.mean(levels[levels >= np.quantile(levels, 0.6)] ** 2)))
    peak = float(np.abs(loud).max())
    if peak == 0.0:
        return loud
    return loud * min(SPEECH_RMS / max(speech_rms, 1e-9), PEAK / peak, MOST_GAIN)
