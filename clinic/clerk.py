"""Database questions of code that lives in an event loop and asks often."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


class Clerk:
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
