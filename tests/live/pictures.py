"""What a receiver is shown: pictures through an encoder and a decoder, and how like what was drawn they are."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from aiortc.codecs.h264 import H264Encoder, h264_depayload
from aiortc.codecs.vpx import Vp8Encoder, vp8_depayload

from conversations.live import encoders

Encoder = encoders.Drawn | Vp8Encoder | H264Encoder
Luma = npt.NDArray[np.float64]

OURS: dict[str, Callable[[], Encoder]] = {"VP8": encoders.vp8, "H264": encoders.h264}
STOCK: dict[str, Callable[[], Encoder]] = {"VP8": Vp8Encoder, "H264": H264Encoder}
_DECODERS = {"VP8": ("libvpx", vp8_depayload), "H264": ("h264", h264_depayload)}


def stamped(frame: av.VideoFrame, index: int, fps: int) -> av.VideoFrame:
    frame.pts, frame.time_base = index * 90_000 // fps, Fraction(1, 90_000)
    return frame


def bitstream(name: str, payloads: Sequence[bytes]) -> bytes:
    _, depayload = _DECODERS[name]
    return b"".join(depayload(payload) for payload in payloads)


def shown(name: str, encoder: Encoder, frames: Sequence[av.VideoFrame], fps: int) -> Iterator[av.VideoFrame]:
    """The frames as they arrive."""
    decoder = av.CodecContext.create(_DECODERS[name][0], "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1  # more would hold frames back
    for index, frame in enumerate(frames):
        payloads, _ = encoder.encode(stamped(frame, index, fps))
        yield from decoder.decode(av.Packet(bitstream(name, payloads)))


def luma(frame: av.VideoFrame) -> Luma:
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width].astype(float)


def likeness_db(one: Luma, other: Luma) -> float:
    """Peak signal-to-noise ratio, in dB."""
    return float(10 * np.log10(255**2 / max(((one - other) ** 2).mean(), 1e-3)))
