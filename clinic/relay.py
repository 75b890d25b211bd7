"""The relay: does what rows say is due. `manage.py relay` runs it, and Celery beat repeats it.

An outbox entry is handed to everyone who asked for its topic, in one transaction with
being marked as done, so that what they write exists exactly once.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from clinic.models import OutboxEntry

logger = logging.getLogger(__name__)
BATCH = 100
AT_ONCE = 20
FORGET_AFTER = timedelta(days=30)
Handler = Callable[[OutboxEntry], None]
_handlers: dict[str, list[Handler]] = defaultdict(list)


def handles(topic: str) -> Callable[[Handler], Handler]:
    """Decorator: call this for each entry of `topic`, or of every topic for "*". It writes rows and nothing else."""

    def register(handler: Handler) -> Handler:
        _handlers[topic].append(handler)
        return handler

    return register


def relay_due() -> int:
    """Hand out what waits; returns how many entries."""
    done = 0
    while done < BATCH and (found := _relay_some()):
        done += found
    return done


def forget_done() -> int:
    """Entries that were handed out long ago."""
    deleted, _each = OutboxEntry.objects.filter(done_at__lt=timezone.now() - FORGET_AFTER).delete()
    return deleted


def _relay_some() -> int:
    """A few in one transaction, which costs less than one for each; if we die in it, all of them wait again."""
    now = timezone.now()
    with transaction.atomic():
        waiting = OutboxEntry.objects.filter(done_at=None, due_at__lte=now)
        claimed = list(waiting.select_for_update(skip_locked=True).order_by("due_at", "id")[:AT_ONCE])
        done = [entry.pk for entry in claimed if _hand_out(entry, now)]
        OutboxEntry.objects.filter(pk__in=done).update(done_at=now, attempts=F("attempts") + 1)
    return len(claimed)


def _hand_out(entry: OutboxEntry, now: datetime) -> bool:
    """One that cannot be handed out must not hold up the others."""
    try:
        with transaction.atomic():
            for handler in [*_handlers[entry.topic], *_handlers["*"]]:
                handler(entry)
    except Exception as problem:
        logger.error("outbox entry %s (%s) failed: %s", entry.pk, entry.topic, type(problem).__name__)
        entry.attempts += 1
        entry.due_at = now + timedelta(seconds=min(3600, 2**entry.attempts))
        entry.save(update_fields=["attempts", "due_at"])
        return False
    return True
