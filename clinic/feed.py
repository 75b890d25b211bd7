"""One look at the queue for all open pages of this process.

A hint names an escalation, and it is looked at soon; everything is looked at every few
seconds anyway, so that a lost hint, an emptied Redis or none at all costs time and never
an escalation. What changed is read and rendered once; each page gets what it lacks. All
that is shown in one round is audited in one transaction before any of it is sent.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from django.db import connections, transaction

from clinic import escalations, queue
from clinic.care import Reach, reaches
from compliance import audit
from compliance.access import Claim

logger = logging.getLogger(__name__)
LOOK_EVERY_S = 5.0
GATHER_S = 0.3  # between two rounds: what comes together is sent together
JOIN_GROUP_EVERY_S = 10.0  # an emptied Redis forgets who listens
RETRY_S = 5.0
SEND_TIMEOUT_S = 10.0
CHECK_EVERY_S = 4.0

T = TypeVar("T")
_feeds: "WeakKeyDictionary[asyncio.AbstractEventLoop, Feed]" = WeakKeyDictionary()


class Ending(IntEnum):
    """Why a page is ended: close codes of its WebSocket."""

    SIGNED_OUT = 4401
    REFUSED = 4403
    AGAIN = 4408  # come back at once, and say what you have


@dataclass(eq=False)
class Page:
    """An open page: whose it is and by which session, what it shows, how to send to it and to end it."""

    actor: audit.Actor
    claim: Claim
    reach: Reach
    shown: dict[UUID, int]
    send: Callable[[str], Awaitable[None]]
    end: Callable[["Ending"], Awaitable[None]]
    greeted: bool = False


class Feed:
    """Looks while somebody has a page open."""

    def __init__(self) -> None:
        self._pages: set[Page] = set()
        self._seen: dict[UUID, queue.Seen] = {}
        self._rows: dict[UUID, queue.Row] = {}
        self._named: set[UUID] = set()
        self._wake = asyncio.Event()
        self._whole_look_at = -LOOK_EVERY_S
        self._tasks: list[asyncio.Task[None]] = []
        self._clerk, self._guard = _Clerk(), _Clerk()

    def open(self, page: Page) -> None:
        self._pages.add(page)
        self._wake.set()
        if not self._tasks:
            self._clerk, self._guard = _Clerk(), _Clerk()
            self._whole_look_at = -LOOK_EVERY_S
            self._tasks = [asyncio.create_task(work()) for work in (self._rounds, self._listen, self._watch)]

    def shut(self, page: Page) -> None:
        self._pages.discard(page)
        if not self._pages:
            for task in self._tasks:
                task.cancel()
            self._tasks = []
            self._clerk.leave()
            self._guard.leave()

    async def _rounds(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._wake.wait()
            self._wake.clear()
            try:
                await self._look()
                await self._serve()
            except Exception as problem:  # the database or the audit is away: nothing is shown meanwhile
                logger.warning("open queues are closed for now: %s", type(problem).__name__)
                self._whole_look_at = -LOOK_EVERY_S
                await asyncio.gather(*(_end(page, Ending.AGAIN) for page in list(self._pages)))
            await asyncio.sleep(GATHER_S)

    async def _look(self) -> None:
        """Bring what is known up to date: those that hints named, or everything if that is due."""
        named, self._named = self._named, set()
        now = time.monotonic()
        whole = now - self._whole_look_at >= LOOK_EVERY_S
        found = await self._clerk.ask(lambda: queue.waiting(None if whole else named))
        before = self._seen
        kept = {} if whole else {key: seen for key, seen in before.items() if key not in named}
        self._seen = {**kept, **found}
        self._whole_look_at = now if whole else self._whole_look_at
        stale = [key for key, seen in self._seen.items() if self._version_of(key) != seen.version]
        if stale:
            for row in await self._clerk.ask(lambda: queue.rows(stale)):
                self._rows[UUID(row.id)] = row
        for key in self._rows.keys() - self._seen.keys():
            del self._rows[key]

    def _version_of(self, key: UUID) -> int:
        row = self._rows.get(key)
        return row.version if row else -1

    async def _serve(self) -> None:
        """Send each page what it lacks, once that is written down."""
        lacking = [(page, *self._lacks(page)) for page in self._pages]
        due = [entry for entry in lacking if entry[1] or entry[2] or not entry[0].greeted]
        shown = [(page.actor, sorted(changed, key=str)) for page, changed, _gone in due if changed]
        if shown:
            await self._clerk.ask(lambda: _write_down(shown))
        messages: dict[tuple[frozenset[UUID], frozenset[UUID], int], str] = {}
        sends = []
        for page, changed, gone in due:
            count = len(page.shown) + len(changed - page.shown.keys()) - len(gone)
            same = (frozenset(changed), frozenset(gone), count)
            if same not in messages:
                messages[same] = self._message(changed, gone, count)
            page.greeted = True
            page.shown = {key: version for key, version in page.shown.items() if key not in gone}
            page.shown.update({key: self._rows[key].version for key in changed})
            sends.append(_send(page, messages[same]))
        await asyncio.gather(*sends)

    def _lacks(self, page: Page) -> tuple[set[UUID], set[UUID]]:
        current = {
            key: self._rows[key].version
            for key, seen in self._seen.items()
            if page.reach.covers(seen.team_id, seen.patient_id) and key in self._rows
        }
        return queue.newer(current, page.shown)

    def _message(self, changed: set[UUID], gone: set[UUID], count: int) -> str:
        rows = sorted((self._rows[key] for key in changed), key=lambda row: row.key)
        return json.dumps({"rows": [row.as_json() for row in rows], "gone": [str(key) for key in gone], "open": count})

    async def _watch(self) -> None:
        """End pages of those who may no longer look, or whose patients are others by now."""
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            pages = list(self._pages)
            try:
                now = await self._guard.ask(partial(reaches, {page.claim for page in pages}))
            except Exception as problem:
                logger.warning("open queues could not be checked: %s", type(problem).__name__)
                continue
            for page in pages:
                if now.get(page.claim) != page.reach:
                    await _end(page, Ending.AGAIN if page.claim in now else Ending.SIGNED_OUT)

    async def _listen(self) -> None:
        """Turn messages of the channel layer into rounds. Without a layer, there are just no hints."""
        while True:
            try:
                await self._receive_hints()
            except Exception as problem:
                logger.warning("no hints from the channel layer (%s): looking without", type(problem).__name__)
            await asyncio.sleep(RETRY_S)

    async def _receive_hints(self) -> None:
        layer = get_channel_layer()
        if layer is None:
            return
        channel = await layer.new_channel()
        while True:
            await layer.group_add(escalations.GROUP, channel)
            with suppress(TimeoutError):
                async with asyncio.timeout(JOIN_GROUP_EVERY_S):
                    while True:
                        message = await layer.receive(channel)
                        self._named.add(UUID(message["id"]))
                        self._wake.set()


def of_this_loop() -> Feed:
    loop = asyncio.get_running_loop()
    if loop not in _feeds:
        _feeds[loop] = Feed()
    return _feeds[loop]


async def _send(page: Page, message: str) -> None:
    """One that does not take it in is closed: it comes back and says what it has."""
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await page.send(message)
    except Exception:
        await _end(page, Ending.AGAIN)


async def _end(page: Page, why: Ending) -> None:
    with suppress(Exception):
        await page.end(why)


def _write_down(shown: list[tuple[audit.Actor, list[UUID]]]) -> None:
    with transaction.atomic():
        for actor, keys in shown:
            with audit.acting_as(actor):
                escalations.record_listing([str(key) for key in keys])


class _Clerk:
    """Asks the database in a thread of its own, which keeps its connection: making one for each round costs more."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="queue")

    async def ask(self, question: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, question)

    def leave(self) -> None:
        self._thread.submit(connections.close_all)
        self._thread.shutdown(wait=False)

    @staticmethod
    def _answer(question: Callable[[], T]) -> T:
        try:
            return question()
        except Exception:
            connections.close_all()
            raise
