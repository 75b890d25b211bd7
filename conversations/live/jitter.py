"""Voice packets go to the decoder as they come; only a network that turns their order around makes them wait.

aiortc holds four packets of voice back, 80 ms, in case one is overtaken. A loudspeaker needs such a buffer; the ears
do not, since they count sound rather than time (`audio_in`). Packets that are overtaken are rare, and the first one
says that this connection has them: from then on two are held back.
"""

from aiortc import RTCRtpReceiver
from aiortc.jitterbuffer import MAX_MISORDER, JitterBuffer, JitterFrame
from aiortc.rtp import RtpPacket
from aiortc.utils import uint16_add, uint16_gt

CAPACITY = 16
OVERTAKEN_WAITS_FOR = 2  # packets of 20 ms: neighbours that change places


class PromptBuffer(JitterBuffer):
    """A packet is a frame, as with Opus and PCM."""

    def __init__(self) -> None:
        super().__init__(capacity=CAPACITY, prefetch=OVERTAKEN_WAITS_FOR)
        self._orderly = True

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        number = packet.sequence_number
        if self._orderly and self._origin is not None:
            self._orderly = not _overtaken(number, self._origin)
        if not self._orderly:
            return super().add(packet)
        self._origin = uint16_add(number, 1)
        # aiortc's receiver puts `_data` there
        return False, JitterFrame(packet._data, packet.timestamp)  # type: ignore[attr-defined]


def hasten(receiver: RTCRtpReceiver) -> None:
    """aiortc has no setting for it; a test tells when a new version keeps its jitter buffer elsewhere."""
    receiver._RTCRtpReceiver__jitter_buffer = PromptBuffer()  # type: ignore[attr-defined]


def _overtaken(number: int, expected: int) -> bool:
    """A little before what is expected. Far before, the sender has begun to count anew."""
    return uint16_gt(expected, number) and uint16_add(expected, -number) < MAX_MISORDER
