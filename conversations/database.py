"""Asking the database from a thread of a process that lives for hours."""

from collections.abc import Callable
from typing import TypeVar

from django.db import close_old_connections

T = TypeVar("T")


def in_database(do: Callable[..., T], *args: object) -> T:
    """`do(*args)` on a connection that is not too old. Raises what `do` does."""
    close_old_connections()
    return do(*args)
