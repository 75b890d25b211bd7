"""Which calls are running now, so that the queue can offer to join them.

The app that runs calls tells us how to ask; until it does, none is running.
"""

from collections.abc import Callable, Collection
from uuid import UUID


def _none_of_them(session_ids: Collection[UUID]) -> set[UUID]:
    return set()


Lookup = Callable[[Collection[UUID]], set[UUID]]
_look_up: Lookup = _none_of_them


def register(look_up: Lookup) -> Lookup:
    """`look_up(session_ids)` returns those that are live. Used as a decorator, from `apps.ready`."""
    global _look_up
    _look_up = look_up
    return look_up


def live(session_ids: Collection[UUID]) -> set[UUID]:
    return _look_up(session_ids) if session_ids else set()
