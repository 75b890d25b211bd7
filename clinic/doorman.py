"""Lets open queues in: those that come together are looked up together.

When a process falls, its hundred pages come back at once. One by one, each with a connection to
the database, the last would wait for so long that it gives up and comes again.
"""

import asyncio
from functools import partial

from clinic.care import Reach, reaches
from clinic.clerk import Clerk
from clinic.per_loop import OnePerLoop
from compliance.access import Claim


class Doorman:
    def __init__(self) -> None:
        self._waiting: list[tuple[Claim, asyncio.Future[Reach | None]]] = []
        self._work: asyncio.Task[None] | None = None

    async def reach_of(self, claim: Claim) -> Reach | None:
        """What this session's page may show; None if it may show nothing. Raises what the database raises."""
        answer: asyncio.Future[Reach | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((claim, answer))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_all())
        return await answer

    async def _answer_all(self) -> None:
        """Those who come while a question is under way are in the next one."""
        clerk = Clerk()
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, []
                await _answer(clerk, asked)
        finally:
            clerk.leave()


async def _answer(clerk: Clerk, asked: list[tuple[Claim, "asyncio.Future[Reach | None]"]]) -> None:
    try:
        found = await clerk.ask(partial(reaches, {claim for claim, _ in asked}))
    except Exception as problem:
        for _, answer in asked:
            if not answer.done():
                answer.set_exception(problem)
        return
    for claim, answer in asked:
        if not answer.done():
            answer.set_result(found.get(claim))


of_this_loop = OnePerLoop(Doorman)
