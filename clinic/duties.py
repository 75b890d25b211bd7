"""What has to be done over and over: by `manage.py relay` every second, by Celery beat every ten."""

from collections.abc import Callable, Mapping

from clinic import call_backs, follow_ups, glass_notices, paging, relay
from clinic.webhooks import deliveries

# name → does what is due, and says how much that was
DUTIES: Mapping[str, Callable[[], int]] = {
    "climbing": paging.climb_due,
    "paging": paging.send_due,
    "break-glass notices": glass_notices.send_due,
    "follow-ups": follow_ups.contact_due,
    "call-backs": call_backs.miss_due,
    "outbox": relay.relay_due,
    # several at once, so that slow receivers do not hold up quick ones
    **{f"webhooks {number}": deliveries.deliver_due for number in (1, 2, 3, 4)},
}


def do_all() -> int:
    """Once through everything that is due. Safe to run anywhere, any number of times, at once."""
    return sum(duty() for duty in DUTIES.values())


def reconcile() -> int:
    """What no duty would find: promises without anything due."""
    return paging.find_forgotten()
