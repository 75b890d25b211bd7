"""Which calls are running now, so that the queue can offer to join them.

The app that runs calls tells us how to ask; until it does, none is running.
"""

from collections.abc import Callable, Collection
from uuid import UUID

Lookup = Callable[[Collection[UUID]], set[UUID]]
_lookup: Lookup = lambda _session_ids: set()  # noqa: E731


def register(lookup: Lookup) -> Lookup:
    """`lookup(session_ids)` returns those that are live. Used as a decorator, from `apps.ready`."""
    global _lookup
    _lookup = lookup
    return lookup


def live(session_ids: Collection[UUID]) -> set[UUID]:
    return _lookup(session_ids) if session_ids else set()
