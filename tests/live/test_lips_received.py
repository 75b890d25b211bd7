"""Lips and sound over a real connection, decoded and compared where they arrive: in small what `bench_lips` does."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection

from conversations.live import reports
from conversations.live.events import Sentence
from conversations.live.out import FaceTrack, Out, VoiceTrack
from conversations.live.speak import speak
from conversations.providers.drawn_face import APPEARANCES, DrawnFace
from conversations.providers.espeak import EspeakVoice
from tests.bench.bench_lips import bad_network
from tests.bench.lips import MouthGauge
from tests.bench.lips_received import Measured, Received

pytestmark = pytest.mark.alone  # on time
TRIES, FEWEST = 4, 10  # onsets that tell
SAID = ("Maybe my mother bought a small pumpkin at the farm.", "Please put a warm blanket over your body.")


async def connected(out: Out, face: DrawnFace, pool: ThreadPoolExecutor, received: Received):
    """Two ends; the receiving one fills `received`."""
    here, there = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    for track in (VoiceTrack(out), FaceTrack(out, face, pool, fps=25)):
        reports.tell_moments(here.addTrack(track), out.began_s)
    tasks, begun = [], asyncio.Event()

    def arrives(track):
        received.tap(next(one for one in there.getReceivers() if one.track is track))
        tasks.append(asyncio.create_task((received.listen if track.kind == "audio" else received.look)(track)))

    there.on("track", arrives)
    here.on("connectionstatechange", lambda: begun.set() if here.connectionState == "connected" else None)
    await here.setLocalDescription(await here.createOffer())
    await there.setRemoteDescription(here.localDescription)
    await there.setLocalDescription(await there.createAnswer())
    await here.setRemoteDescription(there.localDescription)
    return here, there, tasks, begun


async def watched(said: Sequence[str]) -> tuple[Measured, Received]:
    """Sentences spoken over a network that loses one packet in fifty and delays each by up to 50 ms."""
    begun_at: list[tuple[float, str]] = []
    face, voice, received = DrawnFace(APPEARANCES[0], 240), EspeakVoice(), Received(MouthGauge())
    out = Out(face=face, on_sentence=lambda sentence: begun_at.append((time.monotonic(), sentence.text)))
    with ThreadPoolExecutor(1) as pool, bad_network(0.02, 0.05):
        here, there, tasks, begun = await connected(out, face, pool, received)
        await asyncio.wait_for(begun.wait(), 20)
        for text in said:
            begins, sentence = True, Sentence(text, "answer")
            async for sound, samples in speak(text, voice):
                await out.play(sound, samples, sentence, begins=begins)
                begins = False
        await out.drained()
        await asyncio.sleep(0.5)
        await asyncio.gather(here.close(), there.close())
        await asyncio.gather(*tasks)
    return received.measured(begun_at), received


async def test_lips_match_the_sound_that_is_heard_over_a_bad_network():
    offsets: list[float] = []
    for _ in range(TRIES):  # how much of a sentence survives is chance
        measured, received = await watched(SAID)
        tell_one_clock(received)
        offsets += [offset_ms for _, offset_ms in measured.points]
        if len(offsets) >= FEWEST:
            break
    assert len(offsets) >= FEWEST
    assert -20 < np.median(offsets) < 20


def tell_one_clock(received: Received) -> None:
    """However late packets left, each report of a stream puts the call's beginning at the same time."""
    for clock in received.clocks.values():
        assert len(clock.reports) > 1
        media_s, ntp_s = np.array(clock.reports).T
        assert np.ptp(ntp_s - media_s) < 0.001
