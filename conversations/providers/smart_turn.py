"""End of turn by ear: Smart Turn v3.2 (Daily, BSD-2) from the pipecat wheel, on features kept up to date."""

from threading import Lock

from conversations.live.events import Samples
from conversations.providers import onnx_models
from conversations.providers.log_mel import LogMel


class SmartTurn:
    """`conversations.live.ports.EndOfTurn`. `hear` on the event loop, `finished_p` in a thread."""

    def __init__(self) -> None:
        path = onnx_models.model_file("pipecat", "audio", "turn", "smart_turn", "data", "smart-turn-v3.2-cpu.onnx")
        self._session = onnx_models.session(path)
        self._features = LogMel()
        self._lock = Lock()

    def begin(self) -> None:
        """A new turn: what was heard before it counts as silence, as the graph was trained."""
        with self._lock:
            self._features.restart()

    def hear(self, samples: Samples) -> None:
        with self._lock:
            self._features.hear(samples)

    def finished_p(self) -> float:
        with self._lock:
            features = self._features.window()
        return float(self._session.run(None, {"input_features": features[None]})[0][0, 0])
