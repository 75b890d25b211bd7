"""A connection that cannot be made leaves the one that is there alone."""

from unittest.mock import Mock, sentinel

import pytest
from aiortc import RTCPeerConnection, RTCRtpReceiver
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RtpPacket

from conversations.live.audio_in import AudioIn
from conversations.live.guest import Camera
from conversations.live.link import MAX_OFFER_CHARS, BadOffer, Ice, Link, _hasten, carried
from conversations.live.out import Out, VoiceTrack

NONSENSE = [
    "",
    "nonsense",
    "v=0\r\n" * 1000,
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=audio 9 X 0\r\n",
    "x" * MAX_OFFER_CHARS * 2,
]


@pytest.fixture
def link() -> Link:
    ice = Ice(addresses=["127.0.0.1"])
    out = Out()
    return Link(
        audio_in=AudioIn(),
        camera=Camera(),
        voice=lambda: VoiceTrack(out),
        picture=lambda: None,
        ice=ice,
        on_message=print,
        on_state=print,
    )


@pytest.mark.parametrize("sdp", NONSENSE)
async def test_a_malformed_offer_is_refused_and_changes_nothing(link: Link, sdp: str):
    link._peer = sentinel.connected
    with pytest.raises(BadOffer):
        await link.answer(sdp)
    assert link._peer is sentinel.connected


async def test_an_offer_of_sound_is_answered(link: Link):
    page = RTCPeerConnection()
    page.addTransceiver("audio")
    page.createDataChannel("call")
    await page.setLocalDescription(await page.createOffer())
    assert "m=audio" in await link.answer(page.localDescription.sdp)
    await link.close()
    await page.close()


async def test_a_voice_packet_waits_for_no_more_than_two_after_it():
    """Drives aiortc's own receiver, so that it fails when a new version keeps its jitter buffer elsewhere."""
    receiver = RTCRtpReceiver("audio", Mock(state="new"))
    _hasten(receiver)
    decoding: list[object] = []
    inside = {
        "codecs": {0: RTCRtpCodecParameters("audio/PCMU", clockRate=8000, payloadType=0)},
        "decoder_thread": Mock(),
        "decoder_queue": Mock(put=decoding.append),
    }
    for name, value in inside.items():
        assert f"_RTCRtpReceiver__{name}" in vars(receiver)
        setattr(receiver, f"_RTCRtpReceiver__{name}", value)
    waiting = []
    for number in range(4):
        packet = RtpPacket(payload_type=0, sequence_number=number, timestamp=160 * number, payload=b"x" * 160, ssrc=1)
        await receiver._handle_rtp_packet(packet, arrival_time_ms=20 * number)
        waiting.append(number + 1 - len(decoding))
    assert waiting == [1, 2, 2, 2]


def test_messages_wait_for_a_channel_and_are_bounded(link: Link):
    for number in range(1000):
        link.publish({"type": "floor", "n": number})
    assert len(link._unsent) == 200
    assert '"n":999' in link._unsent[-1]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"type": 3}', "x" * 20_000])
def test_what_is_no_message_is_ignored(link: Link, text: str):
    told: list[object] = []
    link._on_message = told.append
    link._received(text)
    assert told == []


async def test_what_the_network_carries_is_read_from_the_sender():
    """aiortc keeps the receiver's estimate to its encoder: a test tells when a new version does it elsewhere."""
    peer = RTCPeerConnection()
    sender = peer.addTransceiver("video").sender
    assert carried(sender) == float("inf")  # nothing was sent yet
    encoder = Vp8Encoder()
    encoder.target_bitrate = 700_000
    assert "_RTCRtpSender__encoder" in vars(sender)
    vars(sender)["_RTCRtpSender__encoder"] = encoder
    assert carried(sender) == 700_000
    await peer.close()
