"""A call's voice and poses over a real connection, in one process: for tests and the bench."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

import av
from aiortc import RTCPeerConnection, RTCSessionDescription

from conversations.live.face import Countenance
from conversations.live.face_thread import QueuedFace
from conversations.live.link import POSES, Link
from conversations.live.out import Out
from conversations.live.pose_stream import PoseStream
from tests.live.links import link_of

BEGAN_S = 1_000_000.0  # Unix time at which the call's clock stood at 0: far from any clock of the machine's


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


def made() -> tuple[Posed, ThreadPoolExecutor]:
    face = QueuedFace(Plain())
    out, pool = Out(face=face, began_s=BEGAN_S), ThreadPoolExecutor(1)
    link = link_of(out)
    return Posed(face, out, link, PoseStream(out, face, pool, link)), pool


@asynccontextmanager
async def posed_call(
    on_packet: Callable[[bytes], None], join: Callable[[RTCPeerConnection], None] = lambda _: None
) -> AsyncIterator[Posed]:
    """Both are the page's: what comes over the channel of poses, and its end of the connection before it is made."""
    call, pool = made()
    page = RTCPeerConnection()
    join(page)
    for kind in ("audio", "video"):
        page.addTransceiver(kind)
    page.createDataChannel(POSES, ordered=False, maxRetransmits=0).on("message", on_packet)
    await page.setLocalDescription(await page.createOffer())
    await page.setRemoteDescription(RTCSessionDescription(await call.link.answer(page.localDescription.sdp), "answer"))
    try:
        yield call
    finally:
        call.stream.reconnected()
        await call.link.close()
        await page.close()
        pool.shutdown()


class Posing:
    """The call's side for a page in a browser, on a thread of its own: a browser's test has an event loop already."""

    def __enter__(self) -> "Posing":
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._call, self._pool = made()
        return self

    def answer(self, sdp: str) -> str:
        """Answers the page's offer, and begins to send poses."""

        async def begin() -> str:
            answer = await self._call.link.answer(sdp)
            self._call.stream.use(True)
            return answer

        return asyncio.run_coroutine_threadsafe(begin(), self._loop).result(30)

    def __exit__(self, *problem: object) -> None:
        async def end() -> None:
            self._call.stream.reconnected()
            await self._call.link.close()

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._pool.shutdown()
