"""A selective forwarding unit that speaks LiveKit's signalling, small enough for a test.

No LiveKit server comes from a package registry. This one serves the protocol of version 15 and earlier: a WebSocket of
protobuf messages (`livekit_rtc.proto`), one connection to publish and one to subscribe, tokens checked, sound and
pictures relayed, data packets passed on. It knows no simulcast, no mute, no resuming of a session.
"""

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import WSMsgType, web
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamTrack
from aiortc.sdp import candidate_from_sdp
from livekit.protocol import models as livekit_models
from livekit.protocol import rtc as livekit_rtc

PROTOCOL = 15  # the last whose clients may take two connections


@dataclass
class Member:
    """Somebody in the room."""

    info: livekit_models.ParticipantInfo
    socket: web.WebSocketResponse
    published: RTCPeerConnection
    subscribed: RTCPeerConnection
    tracks: list[tuple[livekit_models.TrackInfo, MediaStreamTrack]] = field(default_factory=list)
    announced: list[livekit_models.TrackInfo] = field(default_factory=list)
    channels: dict[str, RTCDataChannel] = field(default_factory=dict)
    offering: asyncio.Lock = field(default_factory=asyncio.Lock)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    candidates: list[Any] = field(default_factory=list)

    async def tell(self, response: livekit_rtc.SignalResponse) -> None:
        with contextlib.suppress(ConnectionError):
            await self.socket.send_bytes(response.SerializeToString())


class Sfu:
    """One room. `members` by identity; `refused` counts tokens that were not good."""

    def __init__(self, key: str, secret: str) -> None:
        self.key, self.secret = key, secret
        self.members: dict[str, Member] = {}
        self.refused = 0
        self._counted = 0
        self.url = ""
        self._relay = MediaRelay()
        self._runner: web.AppRunner | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Its URL."""
        app = web.Application()
        app.router.add_get("/rtc", self._signal)
        app.router.add_get("/rtc/validate", self._validate)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        self.url = f"ws://{host}:{self._runner.addresses[0][1]}"
        return self.url

    async def stop(self) -> None:
        for identity in list(self.members):
            await self.expel(identity)
        if self._runner:
            await self._runner.cleanup()

    async def expel(self, identity: str) -> None:
        """Cut somebody off without a word, as a network does."""
        member = self.members.get(identity)
        if member:
            await member.socket.close()
            await self._gone(member)

    # -- signalling ----------------------------------------------------------------

    def _claims(self, request: web.Request) -> dict[str, Any] | None:
        token = request.query.get("access_token") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            required: Any = {"require": ["exp", "iss", "sub"]}
            return dict(jwt.decode(token, self.secret, algorithms=["HS256"], issuer=self.key, options=required))
        except jwt.PyJWTError:
            self.refused += 1
            return None

    async def _validate(self, request: web.Request) -> web.Response:
        return web.Response(text="success") if self._claims(request) else web.Response(status=401, text="invalid token")

    async def _signal(self, request: web.Request) -> web.StreamResponse:
        claims = self._claims(request)
        if not claims:
            return web.Response(status=401, text="invalid token")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if request.query.get("reconnect") == "1":  # we keep no sessions: their member has to join anew
            leave = livekit_rtc.LeaveRequest(action=livekit_rtc.LeaveRequest.Action.RECONNECT)
            await socket.send_bytes(livekit_rtc.SignalResponse(leave=leave).SerializeToString())
            return socket
        member = await self._joined(claims, socket)
        try:
            async for message in socket:
                if message.type == WSMsgType.BINARY:
                    await self._asked(member, livekit_rtc.SignalRequest.FromString(message.data))
        finally:
            await self._gone(member)
        return socket

    async def _joined(self, claims: dict[str, Any], socket: web.WebSocketResponse) -> Member:
        identity = claims["sub"]
        self._counted += 1
        info = livekit_models.ParticipantInfo(
            sid=f"PA_{self._counted}",
            identity=identity,
            name=claims.get("name", ""),
            state=livekit_models.ParticipantInfo.State.ACTIVE,
            permission=livekit_models.ParticipantPermission(
                can_subscribe=True, can_publish=True, can_publish_data=True
            ),
        )
        one_transport = RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)  # clients offer many video sections
        member = Member(info, socket, RTCPeerConnection(one_transport), RTCPeerConnection(one_transport))
        others = list(self.members.values())
        self.members[identity] = member
        self._follow(member)
        await member.tell(
            livekit_rtc.SignalResponse(
                join=livekit_rtc.JoinResponse(
                    room=livekit_models.Room(sid="RM_test", name=claims["video"]["room"]),
                    participant=info,
                    other_participants=[other.info for other in others],
                    server_version="1.8.0",
                    server_info=livekit_models.ServerInfo(version="1.8.0", protocol=PROTOCOL),
                    subscriber_primary=True,
                    ping_interval=5,
                    ping_timeout=15,
                )
            )
        )
        for other in others:
            await self._present(member, other)
            for track in other.tracks:
                self._subscribe(other, member, *track)
        for label in ("_reliable", "_lossy"):
            member.channels[label] = member.subscribed.createDataChannel(label)
        self._spawn(self._offer(member))
        return member

    async def _gone(self, member: Member) -> None:
        if self.members.get(member.info.identity) is not member:
            return
        del self.members[member.info.identity]
        await asyncio.gather(member.published.close(), member.subscribed.close(), return_exceptions=True)
        member.info.state = livekit_models.ParticipantInfo.State.DISCONNECTED
        for other in self.members.values():
            await self._present(member, other)

    async def _asked(self, member: Member, request: livekit_rtc.SignalRequest) -> None:
        match request.WhichOneof("message"):
            case "offer":
                await member.published.setRemoteDescription(RTCSessionDescription(request.offer.sdp, "offer"))
                await self._late_candidates(member)
                await member.published.setLocalDescription(await member.published.createAnswer())
                answer = livekit_rtc.SessionDescription(
                    type="answer", sdp=member.published.localDescription.sdp, id=request.offer.id
                )
                await member.tell(livekit_rtc.SignalResponse(answer=answer))
            case "answer":
                await member.subscribed.setRemoteDescription(RTCSessionDescription(request.answer.sdp, "answer"))
                await self._late_candidates(member)
                member.answered.set()
            case "trickle":
                member.candidates.append(request.trickle)
                await self._late_candidates(member)
            case "add_track":
                await self._announced(member, request.add_track)
            case "ping":
                await member.tell(livekit_rtc.SignalResponse(pong=request.ping))
            case "ping_req":
                pong = livekit_rtc.Pong(last_ping_timestamp=request.ping_req.timestamp)
                await member.tell(livekit_rtc.SignalResponse(pong_resp=pong))
            case "leave":
                await self._gone(member)

    async def _announced(self, member: Member, wanted: livekit_rtc.AddTrackRequest) -> None:
        self._counted += 1
        sid = f"TR_{self._counted}"
        info = livekit_models.TrackInfo(sid=sid, type=wanted.type, name=wanted.name, source=wanted.source)
        member.announced.append(info)
        member.info.tracks.append(info)
        published = livekit_rtc.TrackPublishedResponse(cid=wanted.cid, track=info)
        await member.tell(livekit_rtc.SignalResponse(track_published=published))

    async def _present(self, member: Member, to: Member) -> None:
        update = livekit_rtc.ParticipantUpdate(participants=[member.info])
        await to.tell(livekit_rtc.SignalResponse(update=update))

    async def _late_candidates(self, member: Member) -> None:
        """A candidate may come before the description it belongs to."""
        waiting, member.candidates = member.candidates, []
        for trickle in waiting:
            peer = member.published if trickle.target == livekit_rtc.SignalTarget.PUBLISHER else member.subscribed
            description: Any = peer.remoteDescription
            if description is None:
                member.candidates.append(trickle)
                continue
            told = json.loads(trickle.candidateInit)
            if not told.get("candidate"):
                continue
            candidate = candidate_from_sdp(told["candidate"].partition(":")[2])
            candidate.sdpMid, candidate.sdpMLineIndex = told.get("sdpMid"), told.get("sdpMLineIndex")
            await peer.addIceCandidate(candidate)

    # -- media -----------------------------------------------------------------------

    def _follow(self, member: Member) -> None:
        member.published.on("track", lambda track: self._published(member, track))
        member.published.on("datachannel", lambda channel: self._opened(member, channel))

    def _published(self, member: Member, track: MediaStreamTrack) -> None:
        kind = livekit_models.TrackType.AUDIO if track.kind == "audio" else livekit_models.TrackType.VIDEO
        info = [info for info in member.announced if info.type == kind][-1]
        member.tracks.append((info, track))
        for other in self.members.values():
            if other is not member:
                self._subscribe(member, other, info, track)
                self._spawn(self._present(member, other))
                self._spawn(self._offer(other))

    def _subscribe(self, owner: Member, to: Member, info: livekit_models.TrackInfo, track: MediaStreamTrack) -> None:
        sender = to.subscribed.addTrack(self._relay.subscribe(track, buffered=False))
        sender._stream_id, sender._track_id = f"{owner.info.sid}|{info.sid}", info.sid  # clients read both

    async def _offer(self, member: Member) -> None:
        async with member.offering, asyncio.timeout(10):
            member.answered.clear()
            await member.subscribed.setLocalDescription(await member.subscribed.createOffer())
            offer = livekit_rtc.SessionDescription(type="offer", sdp=member.subscribed.localDescription.sdp)
            await member.tell(livekit_rtc.SignalResponse(offer=offer))
            await member.answered.wait()

    def _opened(self, member: Member, channel: RTCDataChannel) -> None:
        channel.on("message", lambda data: self._passed_on(member, channel.label, data))

    def _passed_on(self, member: Member, label: str, data: bytes) -> None:
        packet = livekit_models.DataPacket.FromString(data)
        packet.participant_identity = packet.user.participant_identity = member.info.identity
        packet.participant_sid = packet.user.participant_sid = member.info.sid
        for other in self.members.values():
            if other is not member and label in other.channels and other.channels[label].readyState == "open":
                other.channels[label].send(packet.SerializeToString())

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
