"""The encoders of a connection: in force, cheap where nothing moves, no worse to look at, and still obedient."""

import asyncio
from collections.abc import Callable
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc import RTCPeerConnection
from aiortc.codecs import CODECS
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcrtpsender import RTCRtpSender
from aiortc.rtp import RTCP_PSFB_APP, RTCP_PSFB_PLI, RtcpPsfbPacket, pack_remb_fci

from conversations.live import encoders
from conversations.live.events import Floor, Phoneme
from conversations.live.link import carried
from conversations.live.video import LADDER
from conversations.providers.drawn_face import DrawnFace
from tests.live.pictures import OURS, Encoder, bitstream, likeness_db, luma, shown, stamped

SIZE, FPS = 360, 40
CODEC = {name: next(codec for codec in CODECS["video"] if codec.name == name) for name in OURS}


@pytest.fixture(scope="module")
def talking() -> list[av.VideoFrame]:
    face = DrawnFace("ines", SIZE)
    face.attend(Floor.SPEAKING, 0.0)
    face.say([Phoneme(symbol, i * 0.1, i * 0.1 + 0.1) for i, symbol in enumerate("pɑtimuvɔs")], 0.1)
    return [face.draw(index / FPS) for index in range(FPS)]


def plain(light: int = 120) -> av.VideoFrame:
    """A picture with detail in it, lighter or darker."""
    luma = light + 40 * (np.indices((SIZE, SIZE)).sum(axis=0) // 24 % 2)
    pixels = np.concatenate([luma, np.full((SIZE // 2, SIZE), 128)]).astype(np.uint8)
    return av.VideoFrame.from_ndarray(pixels, "yuv420p")


def encode(encoder: Encoder, frame: av.VideoFrame, index: int) -> list[bytes]:
    return encoder.encode(stamped(frame, index, FPS))[0]


def is_whole(name: str, payloads: list[bytes]) -> bool:
    data = bitstream(name, payloads)
    if name == "VP8":
        return not data[0] & 1  # RFC 6386 9.1
    kinds = {unit[0] & 0x1F for unit in H264Encoder._split_bitstream(data)}
    return 5 in kinds and {7, 8} <= kinds  # a picture of its own, with its parameter sets


@pytest.mark.parametrize(
    ("make", "light", "sent"), [(Vp8Encoder, 121, True), (encoders.vp8, 121, False), (encoders.vp8, 130, True)]
)
def test_a_step_of_light_that_nobody_sees_is_not_sent(make: Callable[[], Encoder], light: int, sent: bool):
    """Though the stock encoder spends bits on it."""
    encoder = make()
    for index in range(12):
        encode(encoder, plain(), index)
    assert (sum(map(len, encode(encoder, plain(light), 12))) > 150) == sent


@pytest.mark.parametrize("name", OURS)
def test_a_talking_face_looks_as_it_was_drawn(name: str, talking: list[av.VideoFrame]):
    encoder = OURS[name]()
    encoder.target_bitrate = LADDER[2].bits_per_s
    likenesses = [
        likeness_db(luma(seen), luma(drawn))
        for seen, drawn in zip(shown(name, encoder, talking, FPS), talking, strict=True)
    ]
    assert np.median(likenesses) > 40


@pytest.mark.parametrize("name", OURS)
async def test_senders_use_them_and_obey_the_receiver(name: str):
    """A lost picture is answered by a whole one; an estimate of the network reaches the encoder, and is kept to."""
    peer = RTCPeerConnection()
    sender = peer.addTransceiver("video").sender
    sender.replaceTrack(Wall())
    assert is_whole(name, await sent(sender, name))
    assert isinstance(vars(sender)["_RTCRtpSender__encoder"], encoders.Drawn)
    assert not is_whole(name, await sent(sender, name))
    await sender._handle_rtcp_packet(RtcpPsfbPacket(RTCP_PSFB_PLI, 1, sender._ssrc))
    assert is_whole(name, await sent(sender, name))
    assert not is_whole(name, await sent(sender, name))  # though the very same picture was sent whole before
    await sender._handle_rtcp_packet(RtcpPsfbPacket(RTCP_PSFB_APP, 1, 0, pack_remb_fci(200_000, [sender._ssrc])))
    assert carried(sender) == pytest.approx(200_000, rel=0.01)
    assert is_whole(name, await sent(sender, name))
    await peer.close()


class Wall(MediaStreamTrack):
    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._frame, self._count = plain(), 0

    async def recv(self) -> av.VideoFrame:
        self._count += 1
        self._frame.pts, self._frame.time_base = self._count * 2250, Fraction(1, 90_000)
        return self._frame


async def sent(sender: RTCRtpSender, name: str) -> list[bytes]:
    encoded = await asyncio.wait_for(sender._next_encoded_frame(CODEC[name]), 5)
    assert encoded is not None
    return encoded.payloads


@pytest.mark.parametrize("name", OURS)
def test_stamps_are_those_of_the_pictures(name: str):
    """At 40 a second they fall between the thirtieths that the stock H.264 encoder rounds to."""
    encoder = OURS[name]()
    frame = plain()
    for index in range(5):
        frame.pts, frame.time_base = index * 2250, Fraction(1, 90_000)
        assert encoder.encode(frame)[1] == index * 2250


@pytest.mark.parametrize("name", OURS)
def test_the_rate_is_kept_to(name: str):
    """On pictures that would take far more."""
    encoder = OURS[name]()
    encoder.target_bitrate = 400_000
    size, fps = LADDER[1].size, LADDER[2].fps  # as many of its size as there may be
    noise = np.random.default_rng(1)
    pictures = [
        av.VideoFrame.from_ndarray(noise.integers(60, 90, (size * 3 // 2, size), np.uint8), "yuv420p")
        for _ in range(fps)
    ]
    sizes = [len(b"".join(encoder.encode(stamped(frame, at, fps))[0])) for at, frame in enumerate(pictures)]
    assert 8 * sum(sizes[fps // 2 :]) / 0.5 < 1.25 * 400_000


@pytest.mark.parametrize(
    ("rate", "wanted", "used"),
    [
        (1_000_000, 1_000_000, 1_000_000),
        (1_000_000, 950_000, 1_000_000),
        (1_000_000, 850_000, 850_000),
        (1_000_000, 1_400_000, 1_000_000),
        (1_000_000, 1_500_000, 1_500_000),
    ],
)
def test_less_is_followed_at_once_and_more_when_it_is_worth_a_whole_picture(rate: int, wanted: int, used: int):
    assert encoders.rate_to_use(rate, wanted) == used


def test_the_rate_goes_as_low_as_the_lowest_rung_may_need():
    encoder = encoders.vp8()
    encoder.target_bitrate = 50_000
    assert encoder.target_bitrate <= LADDER[0].bits_per_s


def test_what_encoding_takes_is_counted():
    before = encoders.spent_s()
    encode(encoders.vp8(), plain(), 0)
    assert encoders.spent_s() > before
