"""Voice activity: the Silero VAD graph from the pipecat wheel, run directly."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from conversations.live.events import Samples
from conversations.providers import onnx_models

FRAME = 512  # samples at 16 kHz: 32 ms
CONTEXT = 64  # samples of the frame before, which the graph wants in front
RATE = np.array(16_000, dtype=np.int64)

# Long non-speech (music, a fan) drags the recurrent state to where the next words are missed. A fresh state
# cures it, but must not fall into a word: it waits for clear quiet (Pipecat's finding, same numbers).
FRESHEN_AFTER_FRAMES = 62
QUIET_FRAMES = 5
QUIET_BELOW = 0.1


def _graph() -> Path:
    return onnx_models.model_file("pipecat", "audio", "vad", "data", "silero_vad.onnx")


class SileroVad:
    """`conversations.live.ports.Vad`. The graph is shared by the process, the state belongs to the call."""

    def __init__(self) -> None:
        self._session = onnx_models.session(_graph())
        self._forget()

    def _forget(self) -> None:
        self._state: npt.NDArray[np.float32] = np.zeros((2, 1, 128), np.float32)
        self._context: npt.NDArray[np.float32] = np.zeros(CONTEXT, np.float32)
        self._frames = 0
        self._quiet_frames = 0

    def speech_p(self, samples: Samples) -> float:
        if samples.shape != (FRAME,):
            raise ValueError(f"Silero reads frames of {FRAME} samples, not {samples.shape}.")
        frame = samples.astype(np.float32) / 32768.0
        sound = np.concatenate((self._context, frame))[None]
        p, self._state = self._session.run(None, {"input": sound, "state": self._state, "sr": RATE})
        self._context = frame[-CONTEXT:]
        speech_p = float(p[0, 0])
        self._freshen(speech_p)
        return speech_p

    def _freshen(self, speech_p: float) -> None:
        self._frames += 1
        self._quiet_frames = self._quiet_frames + 1 if speech_p < QUIET_BELOW else 0
        if self._frames >= FRESHEN_AFTER_FRAMES and self._quiet_frames >= QUIET_FRAMES:
            self._forget()
