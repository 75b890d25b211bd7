"""End of turn by ear: Smart Turn v3.2 (Daily, BSD-2) from the pipecat wheel, features and graph made fast."""

from functools import cache
from threading import Lock

import numpy as np
import onnxruntime

from conversations.live.events import Samples
from conversations.providers import onnx_models
from conversations.providers.log_mel import LogMel
from conversations.providers.smart_turn_graph import pyramid


@cache
def _graph() -> onnxruntime.InferenceSession:
    stock = onnx_models.model_file("pipecat", "audio", "turn", "smart_turn", "data", "smart-turn-v3.2-cpu.onnx")
    return onnx_models.session(pyramid(stock))


class SmartTurn:
    """`conversations.live.ports.EndOfTurn`. `hear` on the event loop, `finished_p` in a thread."""

    def __init__(self) -> None:
        self._session = _graph()
        self._features = LogMel()
        self._lock = Lock()

    def hear(self, samples: Samples) -> None:
        with self._lock:
            self._features.hear(samples)

    def finished_p(self) -> float:
        with self._lock:
            features = self._features.window()
        logit = self._session.run(None, {"input_features": features[None]})[0][0, 0]
        return float(1.0 / (1.0 + np.exp(-logit)))
