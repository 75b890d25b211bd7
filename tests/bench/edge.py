"""What the face as numbers costs a call. The page is a process of its own, so only the server's end is counted."""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

import numpy as np
from aiortc import RTCPeerConnection, RTCSessionDescription

from conversations.live.events import Floor
from conversations.live.link import POSES
from tests.bench import Figure
from tests.live.poses import Posed, made

STRETCH_S = 1.5
PAIRS = 10  # of stretches without poses and with them, in turn: a machine that others share changes by the second
_CONNECTED_S, _SETTLED_S = 1.0, 0.3

Page: TypeAlias = "Connection[Any, Any]"


@dataclass(frozen=True)
class Stretch:
    """Some seconds of speaking."""

    cpu_s: float
    passed_s: float
    sent: int  # bytes of poses that the page received

    @property
    def share(self) -> float:
        """Of a core, in per cent."""
        return 100 * self.cpu_s / self.passed_s


def edge(sound: Any) -> Iterable[Figure]:
    """The face as numbers, while it speaks: what it adds to a call with sound only."""
    without, posed = asyncio.run(_stretches(sound))
    alone = [one.share for one in without]
    added = np.subtract([one.share for one in posed], alone)
    low, high = np.percentile(added, (25, 75))
    note = f"the call's end alone; half of {PAIRS} pairs {low:.1f} to {high:.1f}; sound takes {np.median(alone):.1f}"
    yield Figure("edge face, speaking", float(np.median(added)), "% of a core", "<= 2", note)
    bytes_per_s = sum(one.sent for one in posed) / sum(one.passed_s for one in posed)
    yield Figure("edge face, speaking, on the wire", bytes_per_s, "bytes/s", "<= 600")


async def _stretches(sound: Any) -> tuple[list[Stretch], list[Stretch]]:
    """Without poses; with them."""
    found: dict[bool, list[Stretch]] = {False: [], True: []}
    async with _called() as (call, page):
        call.face.attend(Floor.SPEAKING, 0.0)
        await asyncio.sleep(_CONNECTED_S)
        for on in (False, True) * PAIRS:
            call.stream.use(on)
            call.face.hush(call.out.position_s)
            call.face.say(sound.phonemes, call.out.position_s)
            await asyncio.sleep(_SETTLED_S)
            found[on].append(await _stretch(page))
    return found[False], found[True]


async def _stretch(page: Page) -> Stretch:
    before = await _received(page)
    cpu_s, began_s = time.process_time(), time.monotonic()
    await asyncio.sleep(STRETCH_S)
    cpu_s, passed_s = time.process_time() - cpu_s, time.monotonic() - began_s
    return Stretch(cpu_s, passed_s, await _received(page) - before)


@asynccontextmanager
async def _called() -> AsyncIterator[tuple[Posed, Page]]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_page, args=(theirs,), daemon=True)
    process.start()
    call, pool = made()
    try:
        ours.send(await call.link.answer(await asyncio.to_thread(ours.recv)))
        yield call, ours
    finally:
        call.stream.reconnected()
        await call.link.close()
        pool.shutdown()
        process.terminate()
        process.join()


async def _received(page: Page) -> int:
    """Bytes of poses that came to the page."""
    page.send("how many?")
    return int(await asyncio.to_thread(page.recv))


def _page(call: Page) -> None:
    """The page's process."""
    asyncio.run(_receive(call))


async def _receive(call: Page) -> None:
    page, sizes = RTCPeerConnection(), list[int]()
    for kind in ("audio", "video"):
        page.addTransceiver(kind)
    channel = page.createDataChannel(POSES, ordered=False, maxRetransmits=0)
    channel.on("message", lambda packet: sizes.append(len(packet)))
    await page.setLocalDescription(await page.createOffer())
    call.send(page.localDescription.sdp)
    await page.setRemoteDescription(RTCSessionDescription(await asyncio.to_thread(call.recv), "answer"))
    while True:  # until the call ends this process
        await asyncio.to_thread(call.recv)
        call.send(sum(sizes))
