"""A patient made of code: opens an invitation, joins by WebRTC, speaks, listens, reads.

Used by the protocol test, `make bench` and load tests; speaks to any deployment
over its public doors only, so it proves what a browser would find.
"""

import asyncio
import contextlib
import fractions
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from conversations.live import jitter
from conversations.live.events import Samples

RATE_HZ = 48_000
FRAME_SAMPLES = 960
FRAME_S = FRAME_SAMPLES / RATE_HZ
CONNECT_S = 20.0
UNHEARD_S = 5.0  # an offer without an answer is made again
AUDIBLE_DB = -50.0  # louder than this counts as sound

Message = dict[str, Any]


class NotLetIn(Exception):
    """A page did not lead where it should; the message names the step."""


class Mouth(MediaStreamTrack):
    """The patient's microphone: silence, or what `say` was given, paced like a real one."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._pending = np.zeros(0, np.int16)
        self._due_s: float | None = None
        self._pts = 0
        self.last_sound_s = 0.0  # monotonic time at which the last sounding frame ended
        self._quiet = asyncio.Event()

    async def say(self, samples: Samples) -> float:
        """Speak `samples` (48 kHz mono). Returns when they have been sent: the time of the last audible one.

        Raises `TimeoutError` if nobody takes them, because the connection is gone.
        """
        self._pending = np.concatenate([self._pending, samples])
        self._quiet.clear()
        async with asyncio.timeout(10 + len(self._pending) / RATE_HZ):
            await self._quiet.wait()
        return self.last_sound_s

    async def recv(self) -> av.AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        now_s = time.monotonic()
        self._due_s = now_s if self._due_s is None else self._due_s + FRAME_S
        await asyncio.sleep(max(0.0, self._due_s - now_s))
        piece, self._pending = self._pending[:FRAME_SAMPLES], self._pending[FRAME_SAMPLES:]
        if level_db(piece) > AUDIBLE_DB:
            self.last_sound_s = time.monotonic() + FRAME_S
        if not len(self._pending):
            self._quiet.set()
        frame = av.AudioFrame.from_ndarray(_padded(piece).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, self._pts, fractions.Fraction(1, RATE_HZ)
        self._pts += FRAME_SAMPLES
        return frame


@dataclass
class Heard:
    """What arrived: for each audio frame its time and level, for each picture its time and mouth."""

    levels: list[tuple[float, float]] = field(default_factory=list)  # (monotonic s, dBFS)
    pictures: list[tuple[float, np.ndarray]] = field(default_factory=list)  # type: ignore[type-arg]
    messages: list[tuple[float, Message]] = field(default_factory=list)
    latest: dict[str, tuple[float, float]] = field(default_factory=dict)  # kind → (monotonic s, media s) of a frame

    def first_sound_after(self, moment_s: float) -> float | None:
        return next((at_s for at_s, level in self.levels if at_s > moment_s and level > AUDIBLE_DB), None)

    def saw(self, kind: str, frame: Any) -> None:
        if frame.time is not None:
            self.latest[kind] = time.monotonic(), frame.time

    def apart_ms(self) -> float | None:
        """How much later a picture comes than the sound of its moment, up to a constant: RTP clocks begin anywhere."""
        if len(self.latest) < 2:
            return None
        (heard_s, sound_s), (seen_s, picture_s) = self.latest["audio"], self.latest["video"]
        return ((seen_s - picture_s) - (heard_s - sound_s)) * 1000

    def captions(self, who: str) -> list[Message]:
        return [one for _, one in self.messages if one.get("type") == "caption" and one["who"] == who]


class SyntheticPatient:
    """`base_url` without a trailing slash. Use `enter`, then `in_call` as a context."""

    def __init__(self, base_url: str, http: aiohttp.ClientSession, *, keep_pictures: bool = False) -> None:
        self.base_url, self.http = base_url, http
        self.heard = Heard()
        self.mouth = Mouth()
        self.connected = asyncio.Event()
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.session_id = ""
        self.joins = 0
        self._keep_pictures = keep_pictures
        self._peer: RTCPeerConnection | None = None
        self._channel: Any = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._epoch: int | None = None
        self._offered_s = 0.0
        self._watchers: list[tuple[Callable[[Message], bool], asyncio.Future[Message]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def enter(self, link: str, born: str, purposes: tuple[str, ...] = ("ai_call", "voice")) -> None:
        """Through the invitation and the consent page, to the call page. Raises `NotLetIn`."""
        year, month, day = born.split("-")
        born_on = [("year", year), ("month", str(int(month))), ("day", str(int(day)))]
        page = await self.submit(link, link, born_on)
        if 'name="purpose"' not in page:
            raise NotLetIn("the invitation did not lead to the choices")
        choices = f"{self.base_url}/choices/"
        await self.submit(choices, choices, [("purpose", purpose) for purpose in purposes])
        async with self.http.get(f"{self.base_url}/call/") as response:
            found = re.search(r'data-session="([0-9a-f-]{36})"', await response.text())
        if not found:
            raise NotLetIn("the call page shows no call")
        self.session_id = found[1]

    @asynccontextmanager
    async def in_call(self) -> AsyncIterator["SyntheticPatient"]:
        """Connected, signalling in the background, until the block ends."""
        signalling = asyncio.create_task(self._signal())
        try:
            await self._connected_or_broken(signalling)
            yield self
        finally:
            signalling.cancel()
            if self._peer:
                await self._peer.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(signalling, *self._tasks, return_exceptions=True)

    async def _connected_or_broken(self, signalling: asyncio.Task[None]) -> None:
        connecting = asyncio.create_task(self.connected.wait())
        done, _ = await asyncio.wait({signalling, connecting}, timeout=CONNECT_S, return_when=asyncio.FIRST_COMPLETED)
        connecting.cancel()
        if signalling in done:
            signalling.result()
        if not self.connected.is_set():
            raise NotLetIn("no connection came about")

    def send(self, message: Message) -> None:
        self._channel.send(json.dumps(message))

    async def signal(self, message: Message) -> None:
        """Say something to the call over the signalling socket."""
        if self._socket:
            await self._socket.send_json(message)

    async def message(self, wanted: Callable[[Message], bool], timeout_s: float = 10.0) -> Message:
        """The next message that `wanted` accepts. Raises `TimeoutError`, which says what there was instead."""
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._watchers.append((wanted, future))
        try:
            async with asyncio.timeout(timeout_s):
                return await future
        except TimeoutError:
            raise TimeoutError(f"not within {timeout_s} s; {self._circumstances()}") from None

    def _circumstances(self) -> str:
        """What has been heard lately, and of what kind: no words."""
        now_s, heard = time.monotonic(), self.heard
        messages = [
            f"{at_s - now_s:+.1f} {one.get('type')} {one.get('floor', '')}" for at_s, one in heard.messages[-8:]
        ]
        sound = f"{heard.levels[-1][0] - now_s:+.1f}" if heard.levels else "none"
        audible = [at_s for at_s, level in heard.levels if level > AUDIBLE_DB]
        state = self._peer.connectionState if self._peer else "no peer"
        return (
            f"connection {state}, joined {self.joins} times, last messages {messages}, "
            f"last sound {sound}, last audible {audible[-1] - now_s if audible else 0:+.1f}, ended {self.ended.done()}"
        )

    async def floor(self, who: str, timeout_s: float = 90.0) -> None:
        """Until `who` has the floor. A greeting alone takes 20 s; a starved machine speaks slowly."""
        await self.message(lambda one: one.get("type") == "floor" and one["floor"] == who, timeout_s)

    # -- pages -----------------------------------------------------------------------

    async def submit(self, page: str, action: str, fields: Sequence[tuple[str, str]] = ()) -> str:
        """Send a form found on `page` to `action`; returns the page it leads to. Raises `NotLetIn`."""
        async with self.http.get(page) as response:
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', await response.text())
            if response.status != 200 or not token:
                raise NotLetIn(f"a page answered {response.status}")
        data = [*fields, ("csrfmiddlewaretoken", token[1])]
        async with self.http.post(action, data=data, headers={"Referer": page}) as response:
            return await response.text()

    # -- signalling --------------------------------------------------------------------

    async def _signal(self) -> None:
        url = f"{self.base_url}/ws/call/{self.session_id}/".replace("http", "ws", 1)
        async with self.http.ws_connect(url, origin=self.base_url) as socket:
            self._socket = socket
            nudging = asyncio.create_task(self._nudge(socket))
            try:
                async for packet in socket:
                    if packet.type is aiohttp.WSMsgType.TEXT:
                        await self._signalled(socket, json.loads(packet.data))
            finally:
                nudging.cancel()

    async def _nudge(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await asyncio.sleep(1.0)
            if not self._peer or self._peer.connectionState != "connected":
                await socket.send_json({"type": "hello"})

    async def _signalled(self, socket: aiohttp.ClientWebSocketResponse, message: Message) -> None:
        match message.get("type"):
            case "ready" if self._needs_connection(message["epoch"]):
                await self._offer(socket)
            case "answer" if self._peer and self._peer.signalingState == "have-local-offer":
                await self._peer.setRemoteDescription(RTCSessionDescription(message["sdp"], "answer"))
            case "ended":
                self._end(message.get("reason", ""))

    def _needs_connection(self, epoch: int) -> bool:
        fresh, self._epoch = epoch != self._epoch, epoch
        if fresh or self._peer is None or self._peer.connectionState in {"failed", "closed"}:
            return True
        return self._peer.connectionState != "connected" and time.monotonic() - self._offered_s > UNHEARD_S

    async def _offer(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        if self._peer:
            await self._peer.close()
            self.mouth = Mouth()
        self.connected.clear()
        self._offered_s = time.monotonic()
        peer = self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peer.addTrack(self.mouth)
        peer.addTransceiver("video", direction="recvonly")
        self._channel = peer.createDataChannel("call")
        self._channel.on("message", self._told)
        self._channel.on("open", self._joined)
        for transceiver in peer.getTransceivers():
            if transceiver.kind == "audio":
                jitter.hasten(transceiver.receiver)  # sound is timed as it arrives, not as it would be played
        peer.on("track", self._track)
        await peer.setLocalDescription(await peer.createOffer())
        await socket.send_json({"type": "offer", "sdp": peer.localDescription.sdp})

    def _joined(self) -> None:
        self.joins += 1
        self.connected.set()

    def _end(self, reason: str) -> None:
        if not self.ended.done():
            self.ended.set_result(reason)

    # -- what arrives --------------------------------------------------------------------

    def _told(self, text: str) -> None:
        message = json.loads(text)
        self.heard.messages.append((time.monotonic(), message))
        if message.get("type") == "ended":
            self._end(message["reason"])
        for wanted, future in list(self._watchers):
            if not future.done() and wanted(message):
                future.set_result(message)
        self._watchers = [one for one in self._watchers if not one[1].done()]

    def _track(self, track: MediaStreamTrack) -> None:
        task = asyncio.create_task(self._listen(track) if track.kind == "audio" else self._look(track))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                samples = frame.to_ndarray().reshape(-1)  # type: ignore[union-attr]  # an audio track yields audio
                self.heard.levels.append((time.monotonic(), level_db(samples)))
                self.heard.saw("audio", frame)

    async def _look(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                self.heard.saw("video", frame)
                if self._keep_pictures:
                    luma = frame.to_ndarray(format="gray")  # type: ignore[union-attr]
                    self.heard.pictures.append((time.monotonic(), luma))
                else:
                    self.heard.pictures.append((time.monotonic(), np.zeros(0, np.uint8)))


def level_db(samples: Samples) -> float:
    """Level in dBFS of int16 samples; -100 for silence."""
    if not len(samples):
        return -100.0
    rms = float(np.sqrt(np.mean((samples.astype(np.float64) / 32768.0) ** 2)))
    return 20 * float(np.log10(rms)) if rms > 1e-5 else -100.0


def _padded(piece: Samples) -> Samples:
    return np.concatenate([piece, np.zeros(FRAME_SAMPLES - len(piece), np.int16)])
