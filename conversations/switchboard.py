"""Where a call meets the database, the channel layer and the rest of the clinic.

Runs inside the call's own process. The live loop gets everything it needs from
here as plain objects and callables; database work happens on threads of its own,
so the loop never waits for it, except for an escalation, which it does wait for.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiortc.mediastreams import MediaStreamTrack
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import OperationalError

from clinic import care
from compliance import audit, consent, keyring
from compliance.errors import KeyServiceUnavailable
from compliance.models import Purpose
from conversations import channel, equipment, noticed, relays, rooms, sessions, telemetry
from conversations.database import in_database
from conversations.effects import apply_effect
from conversations.equipment import Briefing, Equipment
from conversations.errors import NotYourSession
from conversations.handover import HandOver, Parts
from conversations.live.audio_in import AudioIn
from conversations.live.call import Call
from conversations.live.desk import Ending, Said
from conversations.live.dialogue import Effect, Finding
from conversations.live.echo import EchoGuard
from conversations.live.guest import Camera
from conversations.live.link import BadOffer, Ice, Link, Seams
from conversations.live.out import FaceTrack, Out, VoiceTrack
from conversations.live.pose_stream import PoseStream
from conversations.sessions import Claim

if TYPE_CHECKING:
    from conversations.providers.livekit_room import RoomLink  # which needs a package that few have

logger = logging.getLogger(__name__)

BEAT_S = 1.0
PROMISES_S = 3.0  # between two looks for a call-back that the patient is to be told of
AWAY_S = 30.0  # how long a lost connection may be missed before the call ends
NEVER_JOINED_S = 300.0
MAX_DURATION_S = 3600.0
RETRY_S = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0, 15.0)  # a database restart takes less than this together

load = equipment.load


async def run(claim: Claim, kit: Equipment) -> None:
    """Run the claimed call to its end."""
    with audit.acting_as(audit.Actor("system:call", f"pid {os.getpid()}")):
        keyring.hold(MAX_DURATION_S)
        beating = asyncio.create_task(_beat(claim))
        briefing = await asyncio.to_thread(equipment.brief, claim)
        board = Switchboard(claim, kit, briefing)
        why = await board.run()
        beating.cancel()
        await board.finish(why)


async def _beat(claim: Claim) -> None:
    """Say that we live; stop at once if the call is no longer ours."""
    while True:
        try:
            await asyncio.to_thread(in_database, lambda: sessions.heartbeat(claim, os.getpid()))
        except NotYourSession:
            logger.warning("call %s is over, or run by another process", claim.session_id)
            os._exit(0)
        except OperationalError:
            logger.warning("call %s: the database does not answer", claim.session_id)
        await asyncio.sleep(BEAT_S)


@dataclass
class _Presence:
    """Whether the patient is connected, and since when not."""

    connected: bool = False
    ever: bool = False
    since_s: float = 0.0


class Switchboard:
    """The call's `Desk`."""

    def __init__(self, claim: Claim, kit: Equipment, briefing: Briefing) -> None:
        self.claim, self.briefing = claim, briefing
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._urgent = ThreadPoolExecutor(1, thread_name_prefix="urgent")
        self._presence = _Presence(since_s=time.monotonic())
        self._arrived = asyncio.Event()
        self._layer = get_channel_layer()
        audio_in = AudioIn()
        echo = EchoGuard()
        face = kit.face(briefing)
        self._out = out = Out(face=face, on_frame=echo.played)
        self._drawing = ThreadPoolExecutor(1, thread_name_prefix="face")
        camera = Camera()
        ice = relays.for_host(claim.session_id)
        self.link = self._linked(audio_in, camera, ice)
        self._poses: PoseStream | None = None
        if face:
            face.follow(self.link.carried)
        if face and isinstance(self.link, Link):
            self._poses = PoseStream(out, face, self._drawing, self.link)
        self.call = Call(
            audio_in=audio_in,
            ears=kit.ears(briefing, echo),
            turn=kit.turn_taking(briefing),
            dialogue=briefing.dialogue,
            voice=kit.voice(briefing),
            out=out,
            desk=self,
        )
        parts = Parts(audio_in, out, camera, ice, kit.more_ears, self._treats)
        self.hand_over = HandOver(self, parts, epoch=claim.epoch, ice_for_page=relays.for_page(claim.session_id))
        self._started_s = time.monotonic()

    def _linked(self, audio_in: AudioIn, camera: Camera, ice: Ice) -> "Link | RoomLink":
        """To the patient's page directly, or through the clinic's LiveKit server."""
        seams: Seams = {
            "audio_in": audio_in,
            "camera": camera,
            "voice": lambda: VoiceTrack(self._out),
            "picture": self._picture,
            "on_message": self._page_said,
            "on_state": self._connection_changed,
        }
        if settings.LIVEKIT.url:
            from conversations.providers.livekit_room import RoomLink

            return RoomLink(access=lambda: rooms.for_host(self.claim.session_id), **seams)
        return Link(ice=ice, began_s=self._out.began_s, **seams)

    def _picture(self) -> MediaStreamTrack | None:
        """What the patient sees: whoever of the care team is here, or the face, unless their device draws it."""
        colleague = self.hand_over.picture()
        if colleague or self._out.face is None or (self._poses and self._poses.on):
            return colleague
        return FaceTrack(self._out, self._out.face, self._drawing, fps=settings.CALL_VIDEO_FPS)

    async def run(self) -> Ending:
        """The call, until it ends; `finish` must follow."""
        works = (self._follow_page, self._watch, self._watch_promises, self.hand_over.watch)
        helpers = [asyncio.create_task(work()) for work in works]
        if not isinstance(self.link, Link):
            helpers.append(asyncio.create_task(self.link.stay()))
        await self._first_connection()
        try:
            return await self.call.run(resumed=self.claim.epoch > 1 and self.briefing.resumed)
        finally:
            for helper in helpers:
                helper.cancel()
            # Not `gather`: a read from Redis may swallow its cancellation, and must not hold up the end.
            await asyncio.wait(helpers, timeout=BEAT_S)

    # -- Desk ------------------------------------------------------------------------

    def publish(self, message: dict[str, Any]) -> None:
        if message["type"] == "timing":
            self._write(lambda: telemetry.keep_turn(self.claim, message))
        self.link.publish(message)
        self.hand_over.publish(message)

    async def escalate(self, finding: Finding, *, turn: int, position_ms: int) -> None:
        def write() -> None:
            self.briefing.escalate(finding, turn=turn, position_ms=position_ms)

        await asyncio.get_running_loop().run_in_executor(self._urgent, _persist, write)

    def record(self, said: Said) -> None:
        citation = vars(said.sentence.citation) if said.sentence and said.sentence.citation else None
        self._write(
            lambda: sessions.keep_utterance(
                self.claim,
                turn=said.turn,
                speaker=said.speaker,
                text=said.text,
                position_ms=said.position_ms,
                source=said.source,
                interrupted=said.interrupted,
                citation=citation,
            )
        )

    def apply(self, effects: Sequence[Effect], snapshot: dict[str, Any]) -> None:
        for effect in effects:
            self._write(lambda effect=effect: apply_effect(self.claim, effect))  # type: ignore[misc]
        self._write(lambda: sessions.keep_dialogue(self.claim, snapshot))

    def _write(self, work: Callable[[], object]) -> None:
        """In order, on the writer's thread; survives a restart of the database."""
        future = self._writer.submit(_persist, work)
        future.add_done_callback(_log_failure)

    # -- the page ----------------------------------------------------------------------

    async def _follow_page(self) -> None:
        """Signalling from the page. If Redis goes away the call goes on; a new connection has to wait for it."""
        while True:
            try:
                mine = await self._layer.new_channel()
                await self._layer.group_add(channel.process_group(self.claim.session_id), mine)
                await self._ready()  # not earlier: an offer that comes before we listen is lost
                while True:
                    await self._signalled((await self._layer.receive(mine))["message"])
            except asyncio.CancelledError:
                raise
            except Exception as problem:
                logger.warning("signalling is interrupted (%s)", type(problem).__name__)
                await asyncio.sleep(BEAT_S)

    async def _ready(self) -> None:
        ice, room = relays.for_page(self.claim.session_id), rooms.for_page(self.claim.session_id)
        await self._tell_page({"type": "ready", "epoch": self.claim.epoch, "ice": ice, "room": room})

    async def _signalled(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "hello":
                await self._ready()
            case "offer" if isinstance(self.link, Link):
                await self._answer(self.link, message.get("sdp", ""))
            case "leave":
                self._end(Ending.PATIENT_LEFT)
            case "consent":
                await self._check_consent()
            case str(kind) if kind.startswith("colleague."):
                await self.hand_over.signalled(message)

    async def _answer(self, link: Link, sdp: str) -> None:
        if self._poses:
            self._poses.reconnected()
        try:
            answer = await link.answer(sdp)
        except BadOffer as problem:
            logger.warning("call %s: an offer could not be answered (%s)", self.claim.session_id, problem)
            await self._tell_page({"type": "trouble", "code": "bad_offer"})
            return
        await self._tell_page({"type": "answer", "sdp": answer, "epoch": self.claim.epoch})

    async def _tell_page(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(Exception):  # Redis only carries hints; the page asks again
            await self._layer.group_send(channel.page_group(self.claim.session_id), channel.to_page(message))

    def _page_said(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "typed", "text": str(text)} if text.strip():
                self.call.typed(text.strip()[:2000], corrects=message.get("corrects") is True)
            case {"type": "heard", "turn": int(turn), "after_ms": after_ms}:
                self._write(lambda: telemetry.keep_heard(self.claim, turn, after_ms))
            case {"type": "stats", "report": dict(report)}:
                self._write(lambda: telemetry.keep_report(self.claim, report))
            case {"type": "perceived"}:
                self.briefing.perception.see(message)
            case {"type": "face", "drawn": bool(drawn)} if self._poses and settings.CALL_FACE != "server":
                self._poses.use(drawn)
                self.link.look_again()
            case {"type": "person"}:
                self.call.wants_a_person()
            case {"type": "leave"}:
                self._end(Ending.PATIENT_LEFT)

    def _end(self, why: Ending) -> None:
        self.call.end(why)
        self._arrived.set()  # whoever leaves before the picture came need not be waited for

    def _connection_changed(self, state: str) -> None:
        self._presence.connected = state == "connected"
        self._presence.since_s = time.monotonic()
        if state == "connected" and not self._presence.ever:
            self._presence.ever = True
            self._arrived.set()
            self._write(lambda: sessions.joined(self.claim))

    # -- the clock ------------------------------------------------------------------------

    async def _first_connection(self) -> None:
        """The greeting waits until it can be heard."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(NEVER_JOINED_S):
                await self._arrived.wait()

    def _treats(self, who: str) -> bool:
        return in_database(care.treats, who, self.claim.patient_id)

    async def _check_consent(self) -> None:
        given = await asyncio.to_thread(in_database, lambda: consent.granted(self.claim.patient_id))
        self._allow_noticing(Purpose.PERCEPTION in given)
        if not given.issuperset(consent.NEEDED_FOR_A_CALL):
            self._end(Ending.CONSENT_WITHDRAWN)

    def _allow_noticing(self, allowed: bool) -> None:
        """The page looks, so it must know too: what is not agreed to is not even sent."""
        perception = self.briefing.perception
        if perception.allowed != allowed:
            perception.allow(allowed)
            self.link.publish({"type": "noticing", "allowed": allowed})

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            with contextlib.suppress(OperationalError):
                await self._check_consent()
            if self._overdue():
                self._end(Ending.CONNECTION_LOST)
            elif time.monotonic() - self._started_s > MAX_DURATION_S:
                self._end(Ending.MAX_DURATION)

    async def _watch_promises(self) -> None:
        """Nobody can join: the patient is told when they are called."""
        while True:
            await asyncio.sleep(PROMISES_S)
            with contextlib.suppress(OperationalError):
                promised = await asyncio.to_thread(in_database, self.briefing.promised)
                if promised:
                    self.call.dialogue.promise(promised)

    def _overdue(self) -> bool:
        away_s = time.monotonic() - self._presence.since_s
        return not self._presence.connected and away_s > (AWAY_S if self._presence.ever else NEVER_JOINED_S)

    async def finish(self, why: Ending) -> None:
        """Write the end, tell the page, and let go."""
        logger.info("call %s ends: %s", self.claim.session_id, why.value)
        if why in {Ending.CONNECTION_LOST, Ending.FAILED} and self.call.red_flag_raised:
            self._write(self.briefing.lost_after_red_flag)
        self._write(lambda: noticed.keep(self.claim, self.briefing.perception.summary()))
        self._write(lambda: sessions.finish(self.claim, why.value))
        self._write(telemetry.flush)
        await asyncio.to_thread(self._writer.shutdown, wait=True)
        self.publish({"type": "ended", "reason": why.value})
        await self._tell_page({"type": "ended", "reason": why.value})
        await self.hand_over.close(why.value)
        await asyncio.sleep(0.3)  # the data channel's last message needs a moment on the wire
        if self._poses:
            self._poses.use(False)
        await self.link.close()
        self._drawing.shutdown(wait=False)


def _persist(work: Callable[[], object]) -> None:
    """Do `work`, again and again while the database is away."""
    for wait_s in (*RETRY_S, None):
        try:
            in_database(work)
            return
        except (OperationalError, KeyServiceUnavailable):
            if wait_s is None:
                raise
            time.sleep(wait_s)


def _log_failure(future: Any) -> None:
    problem = future.exception()
    if problem:
        logger.error("a write of the call failed: %s", type(problem).__name__)
