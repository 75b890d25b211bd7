"""One look at the queue for all open pages of this process.

A hint names an escalation, and it is looked at soon; everything is looked at every
second or so anyway, so that a lost hint, an emptied Redis or none at all costs time and never
an escalation. What changed, and some page lacks, is read and rendered once; each page gets
what it lacks. All that is shown in one round is audited in one statement before any of it
is sent. Where much is lacking, as after a fall with thousands open, it comes in pieces.
"""

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from uuid import UUID

from channels.layers import get_channel_layer

from clinic import escalations, queue
from clinic.care import Reach, reaches
from clinic.clerk import Clerk
from clinic.per_loop import OnePerLoop
from compliance import audit
from compliance.access import Claim

logger = logging.getLogger(__name__)
LOOK_EVERY_S = 1.2  # one small question; a lost hint must not cost a page more than two seconds
# Between two rounds, in multiples of the last one: with one escalation the next is not kept waiting, and with many
# at once most of the processor stays with those who raise them and page about them.
REST = 1.5
LONGEST_REST_S = 0.3
AGAIN_S = 0.25  # after a round that failed
PATIENCE_S = 3.0  # a database that was restarted is back by then; pages that stay need not all come back at once
JOIN_GROUP_EVERY_S = 2.0  # an emptied Redis forgets who listens
RETRY_S = 1.0
SEND_TIMEOUT_S = 10.0
CHECK_EVERY_S = 4.0


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


@dataclass(frozen=True)
class _Group:
    """Pages that show the same and lack the same. They go on sharing one `shown`, so that the next look is one, too."""

    pages: list[Page]
    current: dict[UUID, int]
    changed: set[UUID]
    gone: set[UUID]
    open: int  # that wait for them, rendered yet or not


class Feed:
    """Looks while somebody has a page open."""

    def __init__(self) -> None:
        self._pages: set[Page] = set()
        self._seen: dict[UUID, queue.Seen] = {}
        self._rows: dict[UUID, queue.Row] = {}
        self._named: set[UUID] = set()
        self._more = False  # rows that somebody lacks are left for the next look
        self._wake = asyncio.Event()
        self._whole_look_at = -LOOK_EVERY_S
        self._tasks: list[asyncio.Task[None]] = []
        self._clerk, self._guard = Clerk(), Clerk()

    def open(self, page: Page) -> None:
        self._pages.add(page)
        self._whole_look_at = -LOOK_EVERY_S  # nobody may have lacked what it lacks
        self._wake.set()
        if not self._tasks:
            self._clerk, self._guard = Clerk(), Clerk()
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
        failing_since: float | None = None
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S if failing_since is None else AGAIN_S):
                    await self._wake.wait()
            self._wake.clear()
            began = time.monotonic()
            try:
                await self._look()
                await self._serve()
                failing_since = None
            except Exception as problem:  # the database or the audit is away: nothing is shown meanwhile
                failing_since = began if failing_since is None else failing_since
                await self._wait_or_close(problem, time.monotonic() - failing_since)
            await asyncio.sleep(rest_after(time.monotonic() - began))

    async def _wait_or_close(self, problem: Exception, failing_s: float) -> None:
        """Whoever looks at a page must not believe for long that it is live."""
        self._whole_look_at = -LOOK_EVERY_S
        if failing_s >= PATIENCE_S:
            logger.warning("open queues are closed for now: %s", type(problem).__name__)
            await asyncio.gather(*(_end(page, Ending.AGAIN) for page in list(self._pages)))

    async def _look(self) -> None:
        """Bring what is known up to date: those that hints named, or everything if that is due."""
        named, self._named = self._named, set()
        now = time.monotonic()
        whole = self._more or now - self._whole_look_at >= LOOK_EVERY_S
        lacking = self._lacking()
        looked = await self._clerk.ask(lambda: queue.look(None if whole else named, named, lacking))
        kept = {} if whole else {key: seen for key, seen in self._seen.items() if key not in named}
        self._seen = {**kept, **looked.found}
        self._whole_look_at = now if whole else self._whole_look_at
        self._more = looked.more
        if self._more:
            self._wake.set()
        for row in looked.rows:
            self._rows[UUID(row.id)] = row
        for key in self._rows.keys() - self._seen.keys():
            del self._rows[key]

    def _lacking(self) -> Callable[[UUID, queue.Seen], bool]:
        """Whether a row is to be rendered: some page that may show it does not, and it is not at hand."""
        rendered = {key: row.version for key, row in self._rows.items()}
        shown = [(reach, pages[0].shown) for (reach, _), pages in self._alike().items()]

        def lacks(key: UUID, seen: queue.Seen) -> bool:
            return rendered.get(key) != seen.version and any(
                had.get(key) != seen.version and reach.covers(seen.team_id, seen.patient_id) for reach, had in shown
            )

        return lacks

    async def _serve(self) -> None:
        """Send each page what it lacks, once that is written down."""
        due = [group for group in self._groups() if group.pages]
        shown = [([page.actor for page in one.pages], sorted(map(str, one.changed))) for one in due if one.changed]
        if shown:
            await self._clerk.ask(lambda: escalations.record_listings(shown))
        sends = []
        for group in due:
            message = self._message(group)
            for page in group.pages:
                page.greeted, page.shown = True, group.current
                sends.append(_send(page, message))
        await asyncio.gather(*sends)

    def _groups(self) -> Iterator[_Group]:
        """Open pages by what they may show and do show: those that agree lack the same."""
        agreed: dict[Reach, dict[UUID, int]] = {}
        for (reach, _), pages in self._alike().items():
            current, waiting = self._shows(reach, pages[0].shown)
            if agreed.setdefault(reach, current) == current:
                current = agreed[reach]  # the same one for all, so that they are alike from now on
            changed, gone = queue.newer(current, pages[0].shown)
            if not changed and not gone:
                for page in pages:
                    page.shown = current
            lacking = pages if changed or gone else [page for page in pages if not page.greeted]
            yield _Group(lacking, current, changed, gone, waiting)

    def _alike(self) -> dict[tuple[Reach, int], list[Page]]:
        alike: dict[tuple[Reach, int], list[Page]] = defaultdict(list)
        for page in self._pages:
            alike[page.reach, id(page.shown)].append(page)
        return alike

    def _shows(self, reach: Reach, shown: dict[UUID, int]) -> tuple[dict[UUID, int], int]:
        """What pages with this reach show after this round, if they show this now; and how many wait for them."""
        current, waiting = {}, 0
        for key, seen in self._seen.items():
            if not reach.covers(seen.team_id, seen.patient_id):
                continue
            waiting += 1
            row = self._rows.get(key)
            if row and (row.version == seen.version or key not in shown):
                current[key] = row.version
            elif key in shown:  # not rendered: nobody needs it, or its piece is not due yet
                current[key] = shown[key]
        return current, waiting

    def _message(self, group: _Group) -> str:
        rows = sorted((self._rows[key] for key in group.changed), key=lambda row: row.key)
        gone = [str(key) for key in group.gone]
        return json.dumps({"rows": [row.as_json() for row in rows], "gone": gone, "open": group.open})

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
                        self._named.update(map(UUID, message["ids"]))
                        self._wake.set()


def rest_after(round_s: float) -> float:
    """How long to gather what comes meanwhile. Pure."""
    return min(LONGEST_REST_S, round_s * REST)


of_this_loop = OnePerLoop(Feed)


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
