"""The live queue: a WebSocket that sends rows as they change.

The page says what it has (escalation → version); the answer is what is newer, and then
whatever changes. So a page that was away, or missed anything, is right again after one
message. Rows go over this socket only, never through the channel layer.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from clinic import escalations, feed, queue
from clinic.models import User
from compliance import audit
from compliance.access import Role, still_allowed

logger = logging.getLogger(__name__)
SIGNED_OUT, REFUSED, AGAIN = 4401, 4403, 4408
CHECK_EVERY_S = 4.0
REST_S = 0.3  # between two messages to one page


class QueueConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """`ws/escalations/`, for clinicians."""

    audience, roles = "staff", (Role.CLINICIAN,)

    # The feed listens for all pages; a consumer with a channel of its own would die with Redis.
    channel_layer_alias = "none"

    async def connect(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []
        self.latest: dict[UUID, int] = {}
        self.sent: dict[UUID, int] = {}
        self.changed = asyncio.Event()
        await self.accept()  # a refusal before this would reach the page without its reason
        teams = await self._teams()
        if teams is None:
            user = self.scope.get("user")
            await self.close(REFUSED if user and user.is_authenticated else SIGNED_OUT)
            return
        self.teams = teams

    async def receive_json(self, content: Any, **_: Any) -> None:
        """`{"have": {escalation id: version}}`, once, begins the feed."""
        have = content.get("have") if isinstance(content, dict) else None
        if self.tasks or not isinstance(have, dict) or not hasattr(self, "teams"):
            return
        self.sent = _versions(have)
        feed.of_this_loop().subscribe(self._look)
        self.tasks = [asyncio.create_task(self._send_changes()), asyncio.create_task(self._watch())]

    async def disconnect(self, code: int) -> None:
        feed.of_this_loop().unsubscribe(self._look)
        for task in self.tasks:
            task.cancel()

    def _look(self, seen: Mapping[UUID, queue.Seen]) -> None:
        self.latest = queue.of_teams(seen, self.teams)
        self.changed.set()

    async def _send_changes(self) -> None:
        try:
            while True:
                await self.changed.wait()
                self.changed.clear()
                await self._send_newer()
                await asyncio.sleep(REST_S)
        except Exception as problem:  # what cannot be audited is not shown: the page comes back and asks again
            logger.warning("a queue page was closed: %s", type(problem).__name__)
            await self.close(AGAIN)

    async def _send_newer(self) -> None:
        changed, gone = queue.newer(self.latest, self.sent)
        latest = dict(self.latest)
        rows = await self._rows(changed) if changed else []
        await self.send_json(
            {"rows": [row.as_json() for row in rows], "gone": [str(one) for one in gone], "open": len(latest)}
        )
        self.sent = latest

    async def _rows(self, changed: set[UUID]) -> list[queue.Row]:
        actor = audit.Actor(f"user:{self.scope['user'].pk}", _address(self.scope))

        def read() -> list[queue.Row]:
            with audit.acting_as(actor):
                rows = queue.rows(changed)
                escalations.record_listing([row.id for row in rows])
                return rows

        fresh: list[queue.Row] = await database_sync_to_async(read, thread_sensitive=False)()
        return fresh

    async def _watch(self) -> None:
        """Close as soon as the person may no longer look, or looks for other teams."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            with suppress(OSError):
                teams = await self._teams()
                if teams is None:
                    await self.close(SIGNED_OUT)
                    return
                if teams != self.teams:
                    await self.close(AGAIN)
                    return

    async def _teams(self) -> frozenset[UUID] | None:
        """The care teams of a clinician who is still signed in; None for anybody else."""
        user, session = self.scope.get("user"), self.scope.get("session")
        if user is None or not user.is_authenticated or session is None:
            return None

        def ask() -> frozenset[UUID] | None:
            if not still_allowed(user.pk, session.session_key):
                return None
            current = User.objects.get(pk=user.pk)
            if current.role != Role.CLINICIAN:
                return None
            return frozenset(current.care_teams.values_list("pk", flat=True))

        teams: frozenset[UUID] | None = await database_sync_to_async(ask, thread_sensitive=False)()
        return teams


def _versions(have: Mapping[str, Any]) -> dict[UUID, int]:
    """What the page says it has. Nonsense in it is worth nothing: that row is sent again."""
    versions: dict[UUID, int] = {}
    for key, version in list(have.items())[: queue.SHOWN_AT_MOST * 10]:
        with suppress(ValueError, TypeError):
            versions[UUID(key)] = int(version)
    return versions


def _address(scope: Mapping[str, Any]) -> str:
    client = scope.get("client") or ("", 0)
    return str(client[0])
