"""Signalling between a clinician's page and the process of the call that they join.

Who they are is known here; the call's process is told their name and what they wish.
"""

import asyncio
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.db import transaction

from clinic import care
from compliance import audit
from compliance.access import Role, still_allowed
from conversations import channel, sessions
from conversations.models import Session

SIGNED_OUT = 4401
REFUSED = 4403
ENDED = 4410
LOOK_EVERY_S = 3.0
MAX_SDP = 64_000
WISHES = {"back": "colleague.back", "end": "colleague.end"}


class ColleagueConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels is untyped
    """`ws/join/<session>/`, for clinicians who may see the patient."""

    audience, roles = "staff", (Role.CLINICIAN,)
    session_id: UUID

    async def connect(self) -> None:
        self.session_id = UUID(str(self.scope["url_route"]["kwargs"]["session_id"]))
        self._joined, self._watching = False, None
        await self.accept()  # a refusal before this would reach the page without its reason
        refused = await database_sync_to_async(self._refusal)()
        if refused:
            await self.close(refused)
            return
        self._watching = asyncio.create_task(self._watch())
        await self._forward({"type": "colleague.hello"})

    async def disconnect(self, code: int) -> None:
        if self._watching:
            self._watching.cancel()
            await self._forward({"type": "colleague.gone"})
        if self._joined:
            await database_sync_to_async(self._keep)(sessions.COLLEAGUE_LEFT)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        if self._watching is None:
            return
        match content:
            case {"type": "hello"}:
                await self._forward({"type": "colleague.hello"})
            case {"type": "offer", "sdp": str(sdp)} if len(sdp) <= MAX_SDP:
                await self._join(sdp)
            case {"type": "back" | "end" as wish}:
                await self._forward({"type": WISHES[wish]})
            case _:
                await self.send_json({"type": "trouble", "code": "not_understood"})

    async def page_message(self, event: dict[str, Any]) -> None:
        """From the call's process."""
        await self.send_json(event["message"])

    async def _join(self, sdp: str) -> None:
        """Audited before anything of the patient is seen or heard."""
        if not self._joined:
            await database_sync_to_async(self._keep)(sessions.COLLEAGUE_JOINED)
            self._joined = True
        await self._forward({"type": "colleague.offer", "sdp": sdp})

    async def _forward(self, message: dict[str, Any]) -> None:
        user = self.scope["user"]
        told = {**message, "who": str(user.pk), "name": str(user), "reply": self.channel_name}
        await self.channel_layer.group_send(channel.process_group(self.session_id), channel.to_process(told))

    async def _watch(self) -> None:
        """Whoever is signed out or loses the patient loses the call, sound and picture first. Talking is activity."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            refused = await database_sync_to_async(self._refusal)()
            if refused:
                await self._forward({"type": "colleague.back"})  # not `gone`, which waits for their return
                await self.close(refused)
                return

    def _refusal(self) -> int:
        """Why they may not be here, 0 if they may."""
        user, session = self.scope.get("user"), self.scope.get("session")
        if user is None or not user.is_authenticated or session is None:
            return SIGNED_OUT
        if not still_allowed(user.pk, session.session_key):
            return SIGNED_OUT
        call = Session.objects.filter(pk=self.session_id).first()
        if call is None or not care.treats(user.pk, call.patient_id):
            self._keep(sessions.REFUSED, outcome="refused")
            return REFUSED
        return ENDED if call.state == Session.State.ENDED else 0

    def _keep(self, action: audit.Action, outcome: str = "ok") -> None:
        call = Session.objects.filter(pk=self.session_id).first()
        client = self.scope.get("client") or ("",)
        actor = audit.Actor(f"user:{self.scope['user'].pk}", str(client[0]))
        with audit.acting_as(actor), transaction.atomic():  # whoever observes it writes in the same transaction
            audit.record(
                action,
                outcome=outcome,
                patient_id=call.patient_id if call else None,
                subject=f"session:{self.session_id}",
            )
