"""A call's voice and poses over a real connection, in one process: for tests and the bench."""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

import av
from aiortc import RTCPeerConnection, RTCSessionDescription

from conversations.live.audio_in import AudioIn
from conversations.live.face import Countenance
from conversations.live.face_thread import QueuedFace
from conversations.live.guest import Camera
from conversations.live.link import POSES, Ice, Link
from conversations.live.out import Out, VoiceTrack
from conversations.live.pose_stream import PoseStream


class Plain:
    """A face without a picture."""

    def __init__(self) -> None:
        self._countenance = Countenance()
        self.say, self.hush = self._countenance.say, self._countenance.hush
        self.attend, self.pose = self._countenance.attend, self._countenance.pose

    def draw(self, at_s: float) -> av.VideoFrame:
        raise AssertionError("a page that draws needs no picture")


@dataclass
class Posed:
    face: QueuedFace
    out: Out
    link: Link
    stream: PoseStream


@asynccontextmanager
async def posed_call(on_packet: Callable[[bytes], None]) -> AsyncIterator[Posed]:
    """`on_packet` is the page's: what comes over the channel of poses."""
    face = QueuedFace(Plain())
    out, pool = Out(face=face), ThreadPoolExecutor(1)
    link = Link(
        audio_in=AudioIn(),
        camera=Camera(),
        voice=lambda: VoiceTrack(out),
        picture=lambda: None,
        ice=Ice(addresses=["127.0.0.1"]),
        on_message=print,
        on_state=lambda state: None,
    )
    stream = PoseStream(out, face, pool, link)
    page = RTCPeerConnection()
    for kind in ("audio", "video"):
        page.addTransceiver(kind)
    page.createDataChannel(POSES, ordered=False, maxRetransmits=0).on("message", on_packet)
    await page.setLocalDescription(await page.createOffer())
    await page.setRemoteDescription(RTCSessionDescription(await link.answer(page.localDescription.sdp), "answer"))
    try:
        yield Posed(face, out, link, stream)
    finally:
        stream.reconnected()
        await link.close()
        await page.close()
        pool.shutdown()
