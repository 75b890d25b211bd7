"""Stock Pipecat and we, answering the same recorded speech in the same run, with the same model that thinks 150 ms.

End of the patient's last audible sound to our first one, as it arrives over a real peer connection. The model is a
stand-in behind an OpenAI-compatible server; recogniser, voice and voice activity detection are the same on both sides.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from conversations.live import jitter
from conversations.live.events import Samples
from conversations.live.link import offer_only
from conversations.synthetic_patient import AUDIBLE_DB, Heard, Mouth, SyntheticPatient, level_db
from tests.bench import Figure, quantile
from tests.conversations.stand_in_model import paced, serving
from tests.speech import recordings
from tests.stack import ROOT, Stack, prepared_folder, started

SAYS = "Thank you for telling me. I've got that."
THINKS = paced(SAYS, first_s=0.15, tokens_per_s=80)
CONNECTED_S = 30.0
ANSWERED_S = 10.0
EVERY = 2  # of the recorded lines, every so many: both sides take some three minutes
FEWEST = 5  # answers, for a median that says anything
QUIET_S = 1.0  # silence this long means that a reply is over


def measure() -> Iterable[Figure]:
    offer_only(["127.0.0.1"])
    theirs = asyncio.run(_with_model(_theirs))
    yield from _figures("stock Pipecat", theirs, "", "")
    ours = asyncio.run(_with_model(_ours))
    yield from _figures("ours, with a model", ours, "<= 400", "<= 800")
    if min(len(theirs.answered), len(ours.answered)) >= FEWEST:
        share = quantile(ours.answered, 0.5) / quantile(theirs.answered, 0.5)
        yield Figure("our p50 over theirs", share, "", "<= 0.5")


@dataclass
class Answers:
    """Milliseconds of those that came when it was their turn."""

    answered: list[float] = field(default_factory=list)
    cut_in: int = 0  # something was said while the patient spoke
    never: int = 0


def _figures(name: str, found: Answers, p50: str, p95: str) -> Iterable[Figure]:
    note = f"{found.cut_in} cut into, {found.never} not answered in {ANSWERED_S:.0f} s"
    yield Figure(f"{name}, answered in turn", len(found.answered), "turns", note=note)
    if len(found.answered) >= FEWEST:
        yield Figure(f"{name}, p50", quantile(found.answered, 0.5), "ms", p50)
        yield Figure(f"{name}, p95", quantile(found.answered, 0.95), "ms", p95)


async def _with_model(side: Callable[[str], Awaitable[Answers]]) -> Answers:
    async with serving(THINKS) as model_url:
        return await side(model_url)


async def _theirs(model_url: str) -> Answers:
    with _peer(model_url) as port:
        async with _caller(f"http://127.0.0.1:{await asyncio.to_thread(port)}/offer") as caller:
            return await _latencies(caller)


@contextmanager
def _peer(model_url: str) -> Iterator[Callable[[], int]]:
    """Stock Pipecat in a process of its own; yields what waits for its port."""
    command = [sys.executable, "-m", "tests.bench.stock_pipecat", model_url]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    port = process.stdout.readline
    try:
        yield lambda: int(port())
    finally:
        process.terminate()
        process.wait(10)


async def _ours(model_url: str) -> Answers:
    settings: dict[str, Any] = {"LLM_BASE_URL": model_url, "LLM_MODEL": "stand-in", "LLM_COVERED_BY": "self-hosted"}
    with prepared_folder() as folder, started(folder, **settings) as stack:
        async with _maria(stack) as maria:
            return await _latencies(maria)


@asynccontextmanager
async def _maria(stack: Stack) -> AsyncIterator[SyntheticPatient]:
    link = await asyncio.to_thread(stack.newcomer)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        maria = SyntheticPatient(stack.url, http)
        await maria.enter(link, "1958-03-02", ("ai_call", "voice", "external_model"))
        async with maria.in_call():
            await maria.floor("listening", 60)
            yield maria


class Caller:
    """A peer connection with a mouth and ears, and nothing else."""

    def __init__(self) -> None:
        self.heard, self.mouth = Heard(), Mouth()
        self.connected = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    def track(self, track: MediaStreamTrack) -> None:
        self._listening = asyncio.create_task(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                self.connected.set()
                samples = frame.to_ndarray().reshape(-1)  # type: ignore[union-attr]  # an audio track yields audio
                self.heard.levels.append((time.monotonic(), level_db(samples)))


@asynccontextmanager
async def _caller(url: str) -> AsyncIterator[Caller]:
    caller, peer = Caller(), RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTrack(caller.mouth)
    peer.on("track", caller.track)
    jitter.hasten(peer.getTransceivers()[0].receiver)
    await peer.setLocalDescription(await peer.createOffer())
    async with aiohttp.ClientSession() as http, http.post(url, json={"sdp": peer.localDescription.sdp}) as response:
        answer = await response.json()
    await peer.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
    try:
        async with asyncio.timeout(CONNECTED_S):
            await caller.connected.wait()
        yield caller
    finally:
        await peer.close()


async def _latencies(party: Caller | SyntheticPatient) -> Answers:
    lines = recordings("turn")[::EVERY]
    await _answer(party, lines[0], Answers())  # loads and connects what is not there yet; not counted
    found = Answers()
    for number, sound in enumerate(lines, 1):
        await _answer(party, sound, found)
        print(f"{type(party).__name__}: line {number} of {len(lines)}", file=sys.stderr, flush=True)
    return found


async def _answer(party: Caller | SyntheticPatient, sound: Samples, found: Answers) -> None:
    await asyncio.sleep(0.6)
    began_s = time.monotonic()
    ended_s = await party.mouth.say(sound)
    until_s = time.monotonic() + ANSWERED_S
    first_s = None
    while time.monotonic() < until_s and not first_s:
        await asyncio.sleep(0.05)
        first_s = party.heard.first_sound_after(began_s)
    await _quiet(party.heard)
    if first_s is None:
        found.never += 1
    elif first_s <= ended_s:
        found.cut_in += 1
    else:
        found.answered.append((first_s - ended_s) * 1000)


async def _quiet(heard: Heard) -> None:
    """Until nothing was heard for a while."""
    until_s = time.monotonic() + 6 * ANSWERED_S
    while time.monotonic() < until_s:
        sounding = next((at_s for at_s, level in reversed(heard.levels) if level > AUDIBLE_DB), 0.0)
        if time.monotonic() - sounding > QUIET_S:
            return
        await asyncio.sleep(0.05)
