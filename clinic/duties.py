"""What has to be done over and over: by `manage.py relay` every second, by Celery beat every ten."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clinic import call_backs, follow_ups, glass_notices, paging, relay
from clinic.webhooks import deliveries

EVERY_S = 1.0
GATHER_S = 0.25  # what is done together, in one transaction, costs half of what it costs one by one


@dataclass(frozen=True)
class Duty:
    """`do` does what is due, and says how much that was."""

    do: Callable[[], int]
    gather_s: float = 0.0

    def rest_after(self, done: int) -> float:
        """Seconds until it is done again. Pure."""
        return self.gather_s if done else EVERY_S


DUTIES: Mapping[str, Duty] = {
    "climbing": Duty(paging.climb_due, GATHER_S),
    "paging": Duty(paging.send_due, GATHER_S),
    "break-glass notices": Duty(glass_notices.send_due),
    "follow-ups": Duty(follow_ups.contact_due),
    "call-backs": Duty(call_backs.miss_due),
    "outbox": Duty(relay.relay_due, GATHER_S),
    # several at once, so that slow receivers do not hold up quick ones
    **{f"webhooks {number}": Duty(deliveries.deliver_due) for number in (1, 2, 3, 4)},
}


def do_all() -> int:
    """Once through everything that is due. Safe to run anywhere, any number of times, at once."""
    return sum(duty.do() for duty in DUTIES.values())


def reconcile() -> int:
    """What no duty would find: promises without anything due."""
    return paging.find_forgotten()
