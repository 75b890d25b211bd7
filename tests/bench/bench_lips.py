"""Lips and sound of a real call, measured where they are received: once as it comes, once over a bad network.

The bad network loses 2 % of the packets and delays each by up to 50 ms. People notice sound 45 ms early and 125 ms
late (ITU-R BT.1359). A minute each; `LIPS_MINUTES=10 make bench ARGS=lips` holds the second for ten, which it takes to
judge a drift. Then a face that the page draws, over the bad network.
"""

import asyncio
import os
import random
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any
from unittest.mock import patch

import aiohttp
import numpy as np
from aioice.ice import StunProtocol

from conversations.live.link import offer_only
from conversations.synthetic_patient import SyntheticPatient
from tests.bench import Figure
from tests.bench.lips import MouthGauge
from tests.bench.lips_posed import posed
from tests.bench.lips_received import Measured, Received
from tests.stack import Stack, prepared_folder, started

MINUTES = float(os.environ.get("LIPS_MINUTES", "1"))
NETWORKS = (("as it comes", min(1.0, MINUTES), 0.0, 0.0), ("2 % lost, 50 ms jitter", MINUTES, 0.02, 0.05))
QUESTIONS = ("When can I take a shower?", "May I drive my car?", "Can I take a bath?", "How much should I walk?")
SAID = (
    "You may wash your hair, but keep the bandage dry for a week.",
    "Come back if your foot becomes warm and swollen.",
    "Please put a warm blanket over your body.",
    "Do not drive until your doctor says it is safe.",
)
FEWEST = 20  # onsets
DRIFT_MS = 1  # a minute


class Viewer(SyntheticPatient):
    """A patient who watches the assistant's lips."""

    def __init__(self, *args: Any, gauge: MouthGauge) -> None:
        super().__init__(*args)
        self.received = Received(gauge)

    def _track(self, track: Any) -> None:
        receivers = self._peer.getReceivers() if self._peer else []
        self.received.tap(next(one for one in receivers if one.track is track))
        super()._track(track)

    async def _listen(self, track: Any) -> None:
        await self.received.listen(track)

    async def _look(self, track: Any) -> None:
        await self.received.look(track)

    def said(self) -> list[tuple[float, str]]:
        """The assistant's sentences, each with the moment at which its first sound was sent."""
        captions = ((at_s, one) for at_s, one in self.heard.messages if one.get("type") == "caption")
        return [(at_s, one["text"]) for at_s, one in captions if one["who"] == "assistant"]


def measure() -> Iterable[Figure]:
    gauge = MouthGauge()
    with prepared_folder() as folder, started(folder) as stack:
        for name, minutes, loss, jitter_s in NETWORKS:
            with bad_network(loss, jitter_s):
                viewer = asyncio.run(_watch(stack, gauge, minutes))
            yield from _figures(f"lips and sound, {name}", viewer.received.measured(viewer.said()))
    name, _, loss, jitter_s = NETWORKS[-1]
    with bad_network(loss, jitter_s):
        yield from _figures(f"edge face, lips and sound, {name}", asyncio.run(posed(SAID)))


def _figures(name: str, measured: Measured) -> Iterable[Figure]:
    if len(measured.points) < FEWEST:
        raise RuntimeError(f"too little was seen of {measured.onsets} onsets in {len(measured.sentences)} sentences")
    offsets = np.array([offset_ms for _, offset_ms in measured.points])
    yield Figure(f"{name}, apart, median", float(np.median(np.abs(offsets))), "ms", "<= 20", _load())
    yield Figure(f"{name}, apart, p95", float(np.percentile(np.abs(offsets), 95)), "ms", "<= 40")
    early, late = np.percentile(offsets, [5, 95])
    yield Figure(f"{name}, lips late, median", float(np.median(offsets)), "ms", "", f"p5 {early:+.1f}, p95 {late:+.1f}")
    note = f"{len(offsets)} of {measured.onsets} in {len(measured.sentences)} sentences; the others could not be read"
    yield Figure(f"{name}, onsets that tell", 100 * len(offsets) / measured.onsets, "%", "", note)
    drift = measured.drift()
    if drift is not None:
        slope, low, high = drift
        sure = high - low <= 2 * DRIFT_MS
        note = f"{slope:+.2f}, 95 % from {low:+.2f} to {high:+.2f}{'' if sure else ': too short to judge'}"
        yield Figure(f"{name}, drift", abs(slope), "ms/min", f"<= {DRIFT_MS}" if sure else "", note)


def _load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


async def _watch(stack: Stack, gauge: MouthGauge, minutes: float) -> Viewer:
    offer_only(["127.0.0.1"])
    link = await asyncio.to_thread(stack.newcomer)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        maria = Viewer(stack.url, http, gauge=gauge)
        await maria.enter(link, "1958-03-02")
        async with maria.in_call():
            await maria.floor("listening", 60)
            until_s = time.monotonic() + 60 * minutes
            for question in cycle(QUESTIONS):
                if time.monotonic() > until_s or maria.ended.done():
                    break
                maria.send({"type": "typed", "text": question})
                await maria.floor("speaking", 20)
                await maria.floor("listening", 60)
        if maria.joins > 1:
            raise RuntimeError("the connection broke and was made again: its clocks began anew")
    return maria


@contextmanager
def bad_network(loss: float, jitter_s: float, seed: int = 1) -> Iterator[None]:
    """Media packets are lost, and late by up to `jitter_s`, so that they overtake one another; others pass."""
    chance, received = random.Random(seed), StunProtocol.datagram_received

    def arrives(self: StunProtocol, data: bytes, address: tuple[Any, ...]) -> None:
        if not 128 <= data[0] <= 191:  # RTP and RTCP (RFC 7983)
            received(self, data, address)
        elif chance.random() >= loss:
            asyncio.get_running_loop().call_later(chance.uniform(0, jitter_s), received, self, data, address)

    with patch.object(StunProtocol, "datagram_received", arrives if loss or jitter_s else received):
        yield
