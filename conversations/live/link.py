"""The patient's connection: WebRTC media and one data channel.

A call outlives its connection. A page that reloads, or a phone that changes from
Wi-Fi to the mobile network, makes a new offer, and the same call goes on over it.
"""

import asyncio
import contextlib
import json
import logging
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypedDict

import aioice.ice
from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcrtpsender import RTCRtpSender

from conversations.live import encoders, jitter, malformed, reports, wire
from conversations.live.audio_in import AudioIn

logger = logging.getLogger(__name__)

wire.only_aead()
malformed.drop()
encoders.use()

CHANNEL, POSES = "call", "poses"  # labels: messages; the face as numbers, for a page that draws it
MOST_WAITING = 1000  # bytes of poses: beyond that they would come too late
MAX_OFFER_CHARS = 64_000
FINGERPRINT = re.compile(r"^a=fingerprint:sha-(256|384|512) ", re.MULTILINE | re.IGNORECASE)
MAX_MESSAGE_CHARS = 16_000
UNSENT_MESSAGES = 200  # kept while there is no channel; oldest are dropped

Message = dict[str, Any]


class BadOffer(Exception):
    """The offer is not one we can answer."""


@dataclass(frozen=True)
class Ice:
    """`addresses`: local addresses to offer; empty means every address of the machine but loopback."""

    servers: Sequence[str] = ()
    username: str = ""
    credential: str = ""
    addresses: Sequence[str] = ()

    def configuration(self) -> RTCConfiguration:
        servers = [RTCIceServer(url, self.username or None, self.credential or None) for url in self.servers]
        return RTCConfiguration(iceServers=servers)


class Watcher(Protocol):
    """Who takes the page's pictures: `conversations.live.guest.Camera`."""

    def watch(self, track: MediaStreamTrack) -> None: ...


class Seams(TypedDict):
    """What any way to the patient's page joins: see `Link`."""

    audio_in: AudioIn
    camera: Watcher
    voice: Callable[[], MediaStreamTrack]
    picture: Callable[[], MediaStreamTrack | None]
    on_message: Callable[[Message], None]
    on_state: Callable[[str], None]


class Link:
    """One page's connection. `voice` and `picture` make what is sent to it, for each new connection anew.

    `on_message(message)` is called for what the page says, `on_state(state)` when the connection changes:
    connected, lost. `began_s` is the Unix time at which the clock stood at 0 that both are stamped from, if it is one.
    """

    def __init__(
        self,
        *,
        audio_in: AudioIn,
        camera: Watcher,
        voice: Callable[[], MediaStreamTrack],
        picture: Callable[[], MediaStreamTrack | None],
        ice: Ice,
        on_message: Callable[[Message], None],
        on_state: Callable[[str], None],
        began_s: float | None = None,
    ) -> None:
        self._began_s = began_s
        self._audio_in, self._camera, self._ice = audio_in, camera, ice
        self._voice, self._picture = voice, picture
        self._on_message, self._on_state = on_message, on_state
        self._screen: RTCRtpSender | None = None
        self._speaker: RTCRtpSender | None = None
        self._peer: RTCPeerConnection | None = None
        self._channel: RTCDataChannel | None = None
        self._poses: RTCDataChannel | None = None
        self._unsent: deque[str] = deque(maxlen=UNSENT_MESSAGES)
        self._closing: set[asyncio.Task[None]] = set()
        if ice.addresses:
            offer_only(ice.addresses)

    async def answer(self, sdp: str) -> str:
        """Our answer to the page's offer; replaces any earlier connection. Raises `BadOffer`."""
        if not isinstance(sdp, str) or len(sdp) > MAX_OFFER_CHARS:
            raise BadOffer("the offer is too large")
        if not FINGERPRINT.search(sdp):
            raise BadOffer("no fingerprint was offered")  # nothing to check its certificate against
        peer = RTCPeerConnection(self._ice.configuration())
        tracks: list[MediaStreamTrack] = []
        try:
            answer = await self._negotiate(peer, sdp, tracks)
        except Exception as problem:  # aiortc raises whatever its parser stumbles over
            with contextlib.suppress(Exception):  # also when it closes what is half made
                await peer.close()
            raise BadOffer(type(problem).__name__) from None
        await self._drop()
        self._adopt(peer)
        for track in tracks:
            self._heard_track(track)
        return answer

    def _adopt(self, peer: RTCPeerConnection) -> None:
        """Not earlier: an offer that comes to nothing must not take microphone and picture away."""
        self._peer = peer
        for transceiver in peer.getTransceivers():
            if transceiver.kind == "audio":
                self._speaker = transceiver.sender
            else:
                self._screen = transceiver.sender

    async def _negotiate(self, peer: RTCPeerConnection, sdp: str, tracks: list[MediaStreamTrack]) -> str:
        peer.on("track", tracks.append)
        peer.on("datachannel", lambda channel: self._open(peer, channel))
        peer.on("connectionstatechange", lambda: self._state_changed(peer))
        await peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        if not any(transceiver.kind == "audio" for transceiver in peer.getTransceivers()):
            raise BadOffer("no sound was offered")  # what cannot be parsed becomes an offer of nothing
        for transceiver in peer.getTransceivers():
            if transceiver.kind == "audio":
                jitter.hasten(transceiver.receiver)
                transceiver.sender.replaceTrack(self._voice())
            else:
                transceiver.sender.replaceTrack(self._picture())
            transceiver.direction = "sendrecv"
            if self._began_s is not None:
                reports.tell_moments(transceiver.sender, self._began_s)
        await peer.setLocalDescription(await peer.createAnswer())
        return str(peer.localDescription.sdp)

    def look_again(self) -> None:
        """What the page is shown has changed: ask `picture` again."""
        if self._screen:
            self._screen.replaceTrack(self._picture())

    def publish(self, message: Message) -> None:
        """Send to the page; kept, within bounds, while there is no channel."""
        text = json.dumps(message, separators=(",", ":"))
        if self._channel and self._channel.readyState == "open":
            self._channel.send(text)
        else:
            self._unsent.append(text)

    def show(self, packet: bytes) -> None:
        """Poses of the face, for now: dropped if they cannot go at once."""
        if self._poses and self._poses.readyState == "open" and self._poses.bufferedAmount < MOST_WAITING:
            self._poses.send(packet)

    def voice_sent(self) -> int | None:
        """RTP timestamp of the last packet of our voice: aiortc keeps it for its reports and tells nobody else."""
        sent = getattr(self._speaker, "_RTCRtpSender__rtp_timestamp", 0)
        return int(sent) or None

    def carried(self) -> float:
        """Bits a second that the page says the network takes for the picture; no limit while it has said nothing."""
        return carried(self._screen) if self._screen else float("inf")

    async def close(self) -> None:
        await self._drop()
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def _drop(self) -> None:
        peer, self._peer, self._channel, self._poses = self._peer, None, None, None
        if peer:
            task = asyncio.create_task(peer.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _heard_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._audio_in.listen_to(track)
        else:
            self._camera.watch(track)

    def _open(self, peer: RTCPeerConnection, channel: RTCDataChannel) -> None:
        if peer is not self._peer:
            return  # it was replaced meanwhile: what is sent there is lost
        if channel.label == POSES:
            self._poses = channel
        if channel.label != CHANNEL:
            return
        self._channel = channel
        channel.on("message", self._received)
        while self._unsent:
            channel.send(self._unsent.popleft())

    def _received(self, text: str | bytes) -> None:
        message = message_of(text)
        if message:
            self._on_message(message)

    def _state_changed(self, peer: RTCPeerConnection) -> None:
        if peer is not self._peer and peer.connectionState != "connected":
            return
        if peer.connectionState == "connected":
            self._on_state("connected")
        elif peer.connectionState in {"failed", "closed"}:
            self._on_state("lost")


def message_of(text: str | bytes) -> Message | None:
    """What the page says; None if it is no message."""
    try:
        message = json.loads(text) if len(text) <= MAX_MESSAGE_CHARS else None
    except ValueError:
        message = None
    if isinstance(message, dict) and isinstance(message.get("type"), str):
        return message
    logger.warning("the page sent %s characters that are no message", len(text))
    return None


def carried(sender: RTCRtpSender) -> float:
    """Bits a second that the receiver says the network takes: aiortc hands them to its encoder and nobody else."""
    encoder = getattr(sender, "_RTCRtpSender__encoder", None)
    return float(getattr(encoder, "target_bitrate", "inf"))


def offer_only(addresses: Sequence[str]) -> None:
    """Gather host candidates on these addresses, loopback too if it is named."""
    wanted = list(addresses)

    def chosen(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return [address for address in wanted if (use_ipv6 if ":" in address else use_ipv4)]

    aioice.ice.get_host_addresses = chosen
