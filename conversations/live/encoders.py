"""How pictures are encoded for a connection: cheaply, because what we send is drawn and most of it stands still.

aiortc sets its encoders up for a camera: noise is searched for in each picture, every block is looked at
for what changed in it, H.264 is made by a setting meant for films, and each new estimate of the network
begins a new stream with a whole picture. docs/decisions/0087-a-drawing-is-encoded-as-one.md has the figures.
"""

import threading
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
from aiortc import rtcrtpsender
from aiortc.codecs import get_encoder
from aiortc.codecs.base import Encoder
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.mediastreams import VIDEO_TIME_BASE
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from av.frame import Frame
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from conversations.live.video import LADDER

LEAST_BITS_PER_S, FIRST_BITS_PER_S, MOST_BITS_PER_S = 100_000, 1_500_000, 3_000_000
_TOO_MUCH, _WORTH_A_WHOLE_PICTURE = 0.9, 1.5  # shares of the rate in use
_WHOLE_PICTURE_EVERY = 3000  # pictures: a receiver that lost one asks, so this is a last resort
# A block of 16 by 16 points whose squared difference from what is shown sums up to less than this is left as it is:
# 1.25 steps of 219 in each point, which nobody sees. With more, a dull first picture stays dull in the background.
_UNSEEN = 400

VP8 = {
    "deadline": "realtime",
    "cpu-used": "-8",  # a fixed effort; above 8 the mouth suffers
    "noise-sensitivity": "0",  # a drawing has no noise to search for
    "static-thresh": str(_UNSEEN),
    "lag-in-frames": "0",
    "partitions": "0",
    "overshoot-pct": "15",
    "undershoot-pct": "100",
}
H264 = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "x264-params": "no-deblock=0:deblock=0,0",  # without it skin shows its blocks; the one slow part worth its time
    "level": "31",  # as negotiated
}

OpenCodec = Callable[[int, int, int], VideoCodecContext]  # width, height, bits a second


class _Spent:
    """A sum that several threads add to."""

    def __init__(self) -> None:
        self._lock, self.total_s = threading.Lock(), 0.0

    def add(self, more_s: float) -> None:
        with self._lock:
            self.total_s += more_s


_spent = _Spent()


def spent_s() -> float:
    """Seconds of processor that this process has spent on encoding pictures."""
    return _spent.total_s


def use() -> None:
    """In every connection that this process makes from now on."""
    # aiortc has no setting for its encoders
    rtcrtpsender.get_encoder = encoder_of  # type: ignore[attr-defined]  # a name it imports, and does not export


def encoder_of(codec: RTCRtpCodecParameters) -> Encoder:
    made = OURS.get(codec.mimeType.lower())
    return made() if made else get_encoder(codec)


def rate_to_use(rate: int, wanted: int) -> int:
    """Bits a second to go on with. Another rate costs a whole picture: less at once, more when it is much more."""
    return wanted if wanted < _TOO_MUCH * rate or wanted >= _WORTH_A_WHOLE_PICTURE * rate else rate


class Stream:
    """Pictures as one stream of bytes, begun anew when their size changes or the network takes another rate."""

    def __init__(self, open_codec: OpenCodec) -> None:
        self.wanted_bits_per_s = FIRST_BITS_PER_S
        self._open = open_codec
        self._codec: VideoCodecContext | None = None
        self._bits_per_s = FIRST_BITS_PER_S

    def encode(self, frame: av.VideoFrame, *, whole: bool) -> bytes:
        """The picture's bytes. `whole`: to be understood without the ones before."""
        began_s = time.thread_time()
        frame.pict_type = PictureType.I if whole else PictureType.NONE  # a picture sent twice keeps what was set
        data = b"".join(bytes(packet) for packet in self._fitting(frame).encode(frame))
        _spent.add(time.thread_time() - began_s)
        return data

    def _fitting(self, frame: av.VideoFrame) -> VideoCodecContext:
        codec, rate = self._codec, rate_to_use(self._bits_per_s, self.wanted_bits_per_s)
        if codec is None or (frame.width, frame.height, rate) != (codec.width, codec.height, self._bits_per_s):
            self._bits_per_s = self.wanted_bits_per_s
            codec = self._codec = self._open(frame.width, frame.height, self._bits_per_s)
        return codec


def _codec(name: str, width: int, height: int, bits_per_s: int, options: dict[str, str]) -> VideoCodecContext:
    codec = av.CodecContext.create(name, "w")
    if not isinstance(codec, VideoCodecContext):
        raise TypeError(f"{name} encodes no pictures")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.bit_rate = bits_per_s
    codec.time_base, codec.framerate = VIDEO_TIME_BASE, Fraction(_most_fps(height))
    codec.gop_size = _WHOLE_PICTURE_EVERY
    codec.thread_count = 1  # a call keeps to one core
    codec.options = {"bufsize": str(bits_per_s), "maxrate": str(bits_per_s), **options}
    return codec


def _most_fps(lines: int) -> int:
    """As many pictures a second as there may be of this size.

    libvpx goes by time stamps. x264 would need the next picture's for that, so it counts on the most: fewer take less
    than the network does, never more.
    """
    return max((rung.fps for rung in LADDER if rung.size <= lines), default=LADDER[0].fps)


def _vp8(width: int, height: int, bits_per_s: int) -> VideoCodecContext:
    codec = _codec("libvpx", width, height, bits_per_s, {"minrate": str(bits_per_s), **VP8})
    codec.qmin, codec.qmax = 2, 56
    return codec


def _h264(width: int, height: int, bits_per_s: int) -> VideoCodecContext:
    codec = _codec("libx264", width, height, bits_per_s, H264)
    codec.profile = "Baseline"
    return codec


class Drawn(Encoder):
    """Pictures as a `Stream` of our own, cut into packets as aiortc cuts them."""

    def __init__(self, open_codec: OpenCodec, cut: Encoder) -> None:
        self._stream, self._cut = Stream(open_codec), cut

    @property
    def target_bitrate(self) -> int:
        """What aiortc sets to the receiver's estimate of the network, and `link.carried` reads."""
        return self._stream.wanted_bits_per_s

    @target_bitrate.setter
    def target_bitrate(self, bits_per_s: int) -> None:
        self._stream.wanted_bits_per_s = max(LEAST_BITS_PER_S, min(bits_per_s, MOST_BITS_PER_S))

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        packet = Packet(self._stream.encode(_planar(frame), whole=force_keyframe))
        packet.pts, packet.time_base = frame.pts or 0, frame.time_base or VIDEO_TIME_BASE
        return self.pack(packet)

    def pack(self, packet: "Packet[Any]") -> tuple[list[bytes], int]:
        return self._cut.pack(packet)


def vp8() -> Drawn:
    """VP8, by libvpx."""
    return Drawn(_vp8, Vp8Encoder())


def h264() -> Drawn:
    """H.264 in its constrained baseline profile, by x264."""
    return Drawn(_h264, H264Encoder())


OURS: dict[str, Callable[[], Drawn]] = {"video/vp8": vp8, "video/h264": h264}


def _planar(frame: Frame) -> av.VideoFrame:
    if not isinstance(frame, av.VideoFrame):
        raise TypeError(f"a picture is encoded, not a {type(frame).__name__}")
    return frame if frame.format.name == "yuv420p" else frame.reformat(format="yuv420p")
