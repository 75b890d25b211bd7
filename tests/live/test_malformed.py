"""Bytes that no parser of a call can read: dropped one by one, whoever sends them."""

import asyncio
import random
import socket
import struct
from contextlib import suppress

import pylibsrtp
import pytest
from aioice import Candidate
from aiortc import RTCPeerConnection, RTCSessionDescription

from conversations.live import malformed
from conversations.live.link import BadOffer
from conversations.live.out import Out
from tests.faults.malformed import spoiled
from tests.live.links import link_of

# Each of these ended a connection, or left a traceback behind: an empty datagram; STUN cut in an attribute; RTP of one
# byte; an extension that is longer than its packet.
STRANGERS = (b"", struct.pack("!HHI12sHH", 1, 4, 0x2112A442, b"x" * 12, 0x8022, 40), b"\x80", b"\x90\x6f", b"\x16")
PAGES = (
    b"\x90\x6f" + b"\x00" * 10 + b"\xbe\xde\xff\xff" + b"\x00" * 4,
    b"\xb0\xef" + b"\x00" * 10 + b"\xbe\xde\x00\x01\x1f\xff\xff\xff" + b"\xff" * 8,
    b"\x8f\xce\x00\x01" + b"\x00" * 4,
    b"\x81\xc8\x00\x00" + b"\x00" * 4,
)


def link_and_heard():
    out, heard = Out(), []
    link = link_of(out, on_message=heard.append)
    return link, heard


async def test_no_packet_ends_a_connection():
    loop_troubles = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: loop_troubles.append(context))
    link, heard = link_and_heard()
    page = RTCPeerConnection()
    page.addTransceiver("audio")
    channel, opened = page.createDataChannel("call"), asyncio.Event()
    channel.on("open", opened.set)
    await page.setLocalDescription(await page.createOffer())
    answer = await link.answer(page.localDescription.sdp)
    await page.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await asyncio.wait_for(opened.wait(), 10)
    before = malformed.dropped()
    ports = [
        Candidate.from_sdp(line.removeprefix("a=candidate:")).port
        for line in answer.splitlines()
        if line.startswith("a=candidate:")
    ]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for port in ports:
            for packet in STRANGERS:
                stranger.sendto(packet, ("127.0.0.1", port))
    for packet in PAGES:
        with suppress(pylibsrtp.Error):  # what the library will not even encrypt
            await page.sctp.transport._send_rtp(packet)
    channel.send('{"type":"leave"}')
    for _ in range(100):
        if heard:
            break
        await asyncio.sleep(0.02)
    assert heard == [{"type": "leave"}]
    assert malformed.dropped() > before
    assert loop_troubles == []
    await link.close()
    await page.close()


async def test_an_offer_that_comes_to_nothing_does_not_take_the_microphone(monkeypatch: pytest.MonkeyPatch):
    link, _ = link_and_heard()
    taken: list[object] = []
    monkeypatch.setattr(link._audio_in, "listen_to", taken.append)
    page = RTCPeerConnection()
    page.addTransceiver("audio")
    await page.setLocalDescription(await page.createOffer())

    def broken():
        raise ValueError

    monkeypatch.setattr(link, "_voice", broken)
    with pytest.raises(BadOffer):
        await link.answer(page.localDescription.sdp)
    assert taken == []
    await page.close()


async def test_a_spoiled_offer_is_answered_or_refused_and_never_anything_else():
    page = RTCPeerConnection()
    page.addTransceiver("audio")
    page.addTransceiver("video")
    page.createDataChannel("call")
    await page.setLocalDescription(await page.createOffer())
    chance, refused = random.Random(1), 0
    link, _ = link_and_heard()
    for _ in range(60):
        try:
            await link.answer(spoiled(page.localDescription.sdp, chance))
        except BadOffer:
            refused += 1
    assert 0 < refused < 60
    await link.close()
    await page.close()
