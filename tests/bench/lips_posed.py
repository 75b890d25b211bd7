"""The lips of a face that the page draws, against the sound it hears: where both are received, over a real connection.

No picture is sent. Poses come with the RTP timestamp of their sound: both are read on the clock of the voice's packets.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from aiortc import RTCPeerConnection

from conversations.live.events import Sentence
from conversations.live.pose_packets import CLOCK_HZ, STEP_S, decode
from conversations.live.speak import speak
from conversations.providers.espeak import EspeakVoice
from tests.bench.lips_received import Measured, Received
from tests.live.poses import Posed, posed_call

_HALF_AROUND, _AROUND = 1 << 31, 1 << 32


class Page:
    """What a page receives of a call whose face it draws."""

    def __init__(self) -> None:
        self.received = Received(lambda luma: 0.0)
        self.received.clocks["video"] = self.received.clocks["audio"]
        self._receiver: Any = None
        self.listening: list[asyncio.Task[None]] = []

    def join(self, peer: RTCPeerConnection) -> None:
        peer.on("track", lambda track: self._heard(peer, track) if track.kind == "audio" else None)

    def _heard(self, peer: RTCPeerConnection, track: Any) -> None:
        self._receiver = next(one for one in peer.getReceivers() if one.track is track)
        self.received.tap(self._receiver)
        self.listening.append(asyncio.create_task(self.received.listen(track)))

    def pose(self, packet: bytes) -> None:
        """From its first pose on a packet replaces what was said before."""
        origin = self._receiver and self._receiver._RTCRtpReceiver__timestamp_mapper._origin
        if origin is None:
            return
        stamp, poses = decode(packet)
        first_s = ((stamp - origin + _HALF_AROUND) % _AROUND - _HALF_AROUND) / CLOCK_HZ
        kept = [one for one in self.received.pictures if one[0] < first_s]
        told = [(first_s + index * STEP_S, pose.mouth.open) for index, pose in enumerate(poses)]
        self.received.pictures[:] = kept + told


async def posed(said: Sequence[str]) -> Measured:
    """These sentences, one after the other."""
    begun: list[tuple[float, str]] = []
    page = Page()
    async with posed_call(page.pose, page.join) as call:
        call.out.on_sentence = lambda sentence: begun.append((time.monotonic(), sentence.text))
        call.stream.use(True)
        await asyncio.sleep(2.0)  # connected, and a report has come
        await _say(call, said)
        await asyncio.sleep(1.0)
    for task in page.listening:
        await task
    return page.received.measured(begun)


async def _say(call: Posed, said: Sequence[str]) -> None:
    voice = EspeakVoice()
    for text in said:
        begins, sentence = True, Sentence(text, "answer")
        async for sound, samples in speak(text, voice):
            await call.out.play(sound, samples, sentence, begins=begins)
            begins = False
    await call.out.drained()
