"""Signalling between a patient's page and the process of their call.

A dropped socket does not end a call, and a call does not need one once media
flows: everything the patient says or reads goes over the connection itself.
"""

import time
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from compliance import audit
from conversations import channel, sessions
from conversations.errors import SessionEnded
from conversations.models import Session

REFUSED = 4403
ENDED = 4410
TOO_MUCH = 4429
MAX_CHARS = 70_000
BURST = 30  # messages; refilled at 5 a second
REFILL_PER_S = 5.0


class CallConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels is untyped
    audience, roles = "patient", ()
    session_id: UUID

    async def connect(self) -> None:
        self.session_id = UUID(str(self.scope["url_route"]["kwargs"]["session_id"]))
        self._allowance, self._refilled_s = float(BURST), time.monotonic()
        patient_id = await database_sync_to_async(self._patient)()
        if patient_id is None:
            await self.close(REFUSED)
            return
        await self.channel_layer.group_add(channel.page_group(self.session_id), self.channel_name)
        await self.accept()
        try:
            await database_sync_to_async(sessions.want)(self.session_id)
        except SessionEnded:
            await self.send_json({"type": "ended"})
            await self.close(ENDED)
            return
        await self.channel_layer.group_send(channel.HOSTS, channel.CALL_WANTED)
        await self._forward({"type": "hello"})

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(channel.page_group(self.session_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Only short JSON objects, and not too many of them."""
        if not self._allowed() or bytes_data is not None or len(text_data or "") > MAX_CHARS:
            await self.close(TOO_MUCH)
            return
        try:
            message = await self.decode_json(text_data or "")
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            await self.send_json({"type": "trouble", "code": "not_understood"})
            return
        await self.receive_json(message)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        match content:
            case {"type": "hello" | "leave" as kind}:
                await self._forward({"type": kind})
            case {"type": "offer", "sdp": str(sdp)} if _whole(sdp):
                await self._forward({"type": "offer", "sdp": sdp})
            case _:
                await self.send_json({"type": "trouble", "code": "not_understood"})

    async def page_message(self, event: dict[str, Any]) -> None:
        """From the call's process."""
        await self.send_json(event["message"])

    async def _forward(self, message: dict[str, Any]) -> None:
        await self.channel_layer.group_send(channel.process_group(self.session_id), channel.to_process(message))

    def _patient(self) -> UUID | None:
        """The patient of this call, if this page is theirs."""
        held = self.scope["session"].get("patient_id")
        session = Session.objects.filter(pk=self.session_id).first()
        if session and held and str(session.patient_id) == str(held) and not self.scope["user"].is_authenticated:
            return session.patient_id
        client = self.scope.get("client") or ("",)
        with audit.acting_as(audit.Actor(f"patient:{held}" if held else "anonymous", str(client[0]))):
            audit.record(sessions.REFUSED, outcome="refused", subject=f"session:{self.session_id}")
        return None

    def _allowed(self) -> bool:
        """A token bucket: one noisy page must not slow the others."""
        now_s = time.monotonic()
        self._allowance = min(BURST, self._allowance + (now_s - self._refilled_s) * REFILL_PER_S)
        self._refilled_s = now_s
        self._allowance -= 1
        return self._allowance >= 0


def _whole(text: str) -> bool:
    """JSON may hold half a character, which cannot be sent on."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
