"""The live queue: a WebSocket that sends rows as they change.

The page says what it has (escalation → version); the answer is what is newer, and then
whatever changes. So a page that was away, or missed anything, is right again after one
message. Rows go over this socket only, never through the channel layer.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from clinic import care, doorman, feed
from clinic.feed import Ending
from compliance import access, audit
from compliance.access import Role

MOST_KNOWN = 20_000  # rows that a page may say it has


class QueueConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """`ws/escalations/`, for clinicians."""

    audience, roles = "staff", (Role.CLINICIAN,)

    # The feed listens for all pages; a consumer with a channel of its own would die with Redis.
    channel_layer_alias = "none"

    async def connect(self) -> None:
        self.page: feed.Page | None = None
        await self.accept()  # a refusal before this would reach the page without its reason
        self.reach = await self._reach_now()
        if self.reach is None:
            await self._turn_away()

    async def receive_json(self, content: Any, **_: Any) -> None:
        """`{"have": {escalation id: version}}`, once, begins the feed."""
        have = content.get("have") if isinstance(content, dict) else None
        if self.page is not None or not isinstance(have, dict) or self.reach is None:
            return
        actor = audit.Actor(f"user:{self.scope['user'].pk}", _address(self.scope))
        self.page = feed.Page(actor, self.claim, self.reach, _versions(have), self._send_text, self._end)
        feed.of_this_loop().open(self.page)

    async def disconnect(self, code: int) -> None:
        if self.page is not None:
            feed.of_this_loop().shut(self.page)

    async def _turn_away(self) -> None:
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            await self._end(Ending.SIGNED_OUT)
            return
        with audit.acting_as(audit.Actor(f"user:{user.pk}", _address(self.scope))):
            await database_sync_to_async(access.note_refusal, thread_sensitive=False)(type(self))
        await self._end(Ending.REFUSED)

    async def _send_text(self, message: str) -> None:
        await self.send(text_data=message)

    async def _end(self, why: Ending) -> None:
        await self.close(int(why))

    async def _reach_now(self) -> care.Reach | None:
        """The reach of a clinician who is still signed in; None for anybody else."""
        user, session = self.scope.get("user"), self.scope.get("session")
        if user is None or not user.is_authenticated or session is None:
            return None
        self.claim = (user.pk, session.session_key)
        return await doorman.of_this_loop().reach_of(self.claim)


def _versions(have: Mapping[str, Any]) -> dict[UUID, int]:
    """What the page says it has. Nonsense in it is worth nothing: that row is sent again."""
    versions: dict[UUID, int] = {}
    for key, version in list(have.items())[:MOST_KNOWN]:
        with suppress(ValueError, TypeError):
            versions[UUID(key)] = int(version)
    return versions


def _address(scope: Mapping[str, Any]) -> str:
    client = scope.get("client") or ("", 0)
    return str(client[0])
