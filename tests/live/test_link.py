"""A connection that cannot be made leaves the one that is there alone."""

import asyncio
from types import SimpleNamespace
from typing import cast
from unittest.mock import sentinel

import pytest
from aiortc import RTCPeerConnection, RTCRtpSender
from aiortc.codecs.vpx import Vp8Encoder

from conversations.live.link import MAX_OFFER_CHARS, BadOffer, Link, carried
from conversations.live.out import Out
from conversations.live.reports import ntp, tell_moments
from tests.live.links import link_of
from tests.live.poses import BEGAN_S, posed_call

NONSENSE = [
    "",
    "nonsense",
    "v=0\r\n" * 1000,
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=audio 9 X 0\r\n",
    "x" * MAX_OFFER_CHARS * 2,
]


@pytest.fixture
def link() -> Link:
    return link_of(Out())


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


async def test_the_next_report_tells_what_was_played_and_not_when():
    async with posed_call(lambda _: None) as call, asyncio.timeout(20):
        played = asyncio.Semaphore(0)
        call.out.on_frame = lambda frame: played.release()
        for _ in range(5):
            await played.acquire()
        told = vars(call.link._speaker)["_RTCRtpSender__ntp_timestamp"]
        assert 0 < ntp(BEGAN_S + call.out.position_s) - told < ntp(0.1) - ntp(0)


async def test_a_report_tells_of_the_track_whose_frame_was_sent():
    """Another, of which nothing was sent yet, may have taken its place meanwhile."""
    before, after = SimpleNamespace(sent_s=2.0), SimpleNamespace(sent_s=float("-inf"))

    async def encoded(_codec: object) -> object:
        sender.track = after
        return sentinel.frame

    sender = SimpleNamespace(track=before, _next_encoded_frame=encoded)
    tell_moments(cast(RTCRtpSender, sender), BEGAN_S)
    for _ in range(2):
        before.sent_s += 0.02
        sender.track = before
        await sender._next_encoded_frame(sentinel.codec)
    assert vars(sender)["_RTCRtpSender__ntp_timestamp"] == ntp(BEGAN_S + 2.02)


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
