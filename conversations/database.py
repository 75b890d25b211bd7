"""Asking the database from a thread of a process that lives for hours."""

from collections.abc import Callable
from typing import TypeVar

from django.db import close_old_connections, connection

T = TypeVar("T")


def in_database(do: Callable[..., T], *args: object) -> T:
    """`do(*args)` on a connection that is not too old. Raises what `do` does."""
    close_old_connections()
    return do(*args)


def once_in_a_thread(ask: Callable[[], T]) -> T:
    """`ask()` in a thread of its own, which must not keep a connection."""
    try:
        return ask()
    finally:
        connection.close()
