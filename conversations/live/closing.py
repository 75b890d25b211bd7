"""`contextlib.aclosing` for what a port declares as an iterator, and every provider makes as a generator."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar, cast

Thing = TypeVar("Thing")


def closing(things: AsyncIterator[Thing]) -> "aclosing[AsyncGenerator[Thing, None]]":
    return aclosing(cast("AsyncGenerator[Thing, None]", things))
