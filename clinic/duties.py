"""What has to be done over and over: by `manage.py relay` every second, by Celery beat every ten."""

from collections.abc import Callable, Mapping

from clinic import paging, relay

# name → does what is due, and says how much that was
DUTIES: Mapping[str, Callable[[], int]] = {
    "climbing": paging.climb_due,
    "paging": paging.send_due,
    "outbox": relay.relay_due,
}


def do_all() -> int:
    """Once through everything that is due. Safe to run anywhere, any number of times, at once."""
    return sum(duty() for duty in DUTIES.values())


def reconcile() -> int:
    """What no duty would find: promises without anything due."""
    return paging.find_forgotten()
