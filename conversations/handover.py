"""The care team in a running call: who has joined, and what is relayed to whom.

Runs in the call's process. A clinician's page talks to `conversations.colleagues`, which knows who they are and
sends their wishes here, through the channel layer, with a way to answer.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from channels.layers import get_channel_layer

from conversations import channel
from conversations.live.audio_in import AudioIn
from conversations.live.call import Call, Ears
from conversations.live.closing import closing
from conversations.live.desk import Ending, Said
from conversations.live.events import Words
from conversations.live.guest import Camera, CameraTrack, Guest
from conversations.live.link import BadOffer, Ice
from conversations.live.out import Out

logger = logging.getLogger(__name__)

CHECK_EVERY_S = 2.0
AWAY_S = 6.0  # how long a colleague's connection may be lost before we go on
SHARED = {"caption", "cut", "floor", "escalated"}  # what both pages are told

Message = dict[str, Any]


class Page(Protocol):
    """The way to the patient's page: a `Link`, or a room."""

    def publish(self, message: Message) -> None: ...

    def look_again(self) -> None: ...


class Board(Protocol):
    """The switchboard."""

    call: Call

    @property
    def link(self) -> Page: ...

    def record(self, said: Said) -> None: ...

    def publish(self, message: Message) -> None: ...


@dataclass(frozen=True)
class Parts:
    """Of the call: what the patient sends, what they are sent, and ears for one more person."""

    audio_in: AudioIn
    out: Out
    camera: Camera
    ice: Ice
    more_ears: Callable[[], Ears]
    may_stay: Callable[[str], bool]  # whether this account still treats the patient: asks the database


class HandOver:
    """At most one colleague at a time."""

    def __init__(self, board: Board, parts: Parts, *, epoch: int, ice_for_page: list[dict[str, str]]) -> None:
        self._board, self._parts = board, parts
        self._epoch, self._ice_for_page = epoch, ice_for_page
        self._layer = get_channel_layer()
        self._guest: Guest | None = None
        self._who = ""
        self._reply_to = ""
        self._joined = False
        self._listening: asyncio.Task[None] | None = None
        self._leaving: asyncio.Task[None] | None = None

    # -- from their page -----------------------------------------------------------

    async def signalled(self, message: Message) -> None:
        """`who` is the account, `name` what to call them, `reply` the channel of their socket."""
        if self._guest and message["who"] != self._who:
            await self._tell(message["reply"], {"type": "trouble", "code": "taken"})
            return
        self._reply_to = message["reply"]
        match message["type"]:
            case "colleague.hello":
                await self._tell(self._reply_to, {"type": "ready", "epoch": self._epoch, "ice": self._ice_for_page})
            case "colleague.offer":
                await self._answer(message)
            case "colleague.back":
                await self.leave()
            case "colleague.end":
                self._board.call.end(Ending.COMPLETED)
            case "colleague.gone":
                self._wait_for_return()

    async def _answer(self, message: Message) -> None:
        guest = self._guest or self._arrive(message["who"], message["name"])
        try:
            answer = await guest.link.answer(message["sdp"])
        except BadOffer:
            await self._tell(self._reply_to, {"type": "trouble", "code": "bad_offer"})
            return
        await self._tell(self._reply_to, {"type": "answer", "sdp": answer, "epoch": self._epoch})

    def _arrive(self, who: str, name: str) -> Guest:
        self._who, self._joined = who, False
        self._guest = Guest(
            name=name,
            ice=self._parts.ice,
            patient_camera=self._parts.camera,
            clock=lambda: self._parts.out.position_s,
            on_picture=self._picture_came,
            on_state=self._state_changed,
        )
        return self._guest

    async def watch(self) -> None:
        """Whoever may no longer see the patient leaves, also when Redis is away and nobody could tell us."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            try:
                if self._guest and not await asyncio.to_thread(self._parts.may_stay, self._who):
                    await self.leave()
            except Exception as problem:  # the database is away: asked again in a moment
                logger.warning("it is not known whether a colleague may stay (%s)", type(problem).__name__)

    # -- coming and going ------------------------------------------------------------

    def _state_changed(self, state: str) -> None:
        if state == "connected" and self._guest:
            self._stay()
            if not self._joined:
                self._joined = True
                self._listening = asyncio.create_task(self._join(self._guest))
        elif state == "lost":
            self._wait_for_return()

    async def _join(self, guest: Guest) -> None:
        self._parts.out.company = guest
        self._parts.audio_in.on_sound = guest.hear_patient
        self._board.link.publish({"type": "colleague", "state": "here", "name": guest.name})
        await self._board.call.hand_over(guest.name)
        await self._keep_words(guest)

    async def _keep_words(self, guest: Guest) -> None:
        """What they say is captioned and recorded, like everything in the call."""
        async with closing(self._parts.more_ears()(guest.audio_in.chunks())) as heard:
            async for event in heard:
                if isinstance(event, Words) and event.text:
                    caption = {"type": "caption", "who": "clinician", "text": event.text, "final": event.final}
                    self._board.publish({**caption, "name": guest.name})
                    if event.final:
                        call = self._board.call
                        self._board.record(Said(call.turn_number, "clinician", event.text, call.position_ms))

    def _wait_for_return(self) -> None:
        if self._guest and self._leaving is None:
            self._leaving = asyncio.create_task(self._leave_later())

    def _stay(self) -> None:
        if self._leaving:
            self._leaving.cancel()
            self._leaving = None

    async def _leave_later(self) -> None:
        await asyncio.sleep(AWAY_S)
        self._leaving = None
        await self.leave()

    async def leave(self) -> None:
        """They have left, or handed back: we go on."""
        guest, self._guest = self._guest, None
        if guest is None:
            return
        self._stay()
        await self._let_go(guest)
        if self._joined:
            self._board.link.publish({"type": "colleague", "state": "left", "name": guest.name})
            self._board.link.look_again()
            await self._board.call.take_back(guest.name)

    async def close(self, reason: str) -> None:
        """The call is over."""
        self._stay()
        guest, self._guest = self._guest, None
        if guest:
            guest.link.publish({"type": "ended", "reason": reason})
            await self._tell(self._reply_to, {"type": "ended", "reason": reason})
            await self._let_go(guest)

    async def _let_go(self, guest: Guest) -> None:
        self._parts.out.company = None
        self._parts.audio_in.on_sound = None
        if self._listening:
            self._listening.cancel()
            await asyncio.wait({self._listening}, timeout=1.0)
        await guest.close()

    # -- what each is shown -----------------------------------------------------------

    def publish(self, message: Message) -> None:
        """To their page too, if it is theirs to know."""
        if self._guest and message["type"] in SHARED:
            self._guest.link.publish(message)

    def picture(self) -> CameraTrack | None:
        """What the patient sees instead of the drawn face."""
        if self._guest is None or not self._guest.camera.pictures:
            return None
        return CameraTrack(self._guest.camera, lambda: self._parts.out.position_s)

    def _picture_came(self) -> None:
        self._board.link.publish({"type": "colleague", "state": "seen"})
        self._board.link.look_again()

    async def _tell(self, reply_to: str, message: Message) -> None:
        with contextlib.suppress(Exception):  # Redis only carries hints; the page asks again
            await self._layer.send(reply_to, channel.to_page(message))
