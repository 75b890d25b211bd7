"""What must happen after a commit, written inside it.

`put` is called by the verbs of the domain, in their transaction. `clinic.relay`
delivers at least once; whoever receives must bear a repetition.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from clinic.models import OutboxEntry

Payload = dict[str, str | int | float | bool | None]


def put(topic: str, reference: UUID, payload: Payload | None = None, *, due_at: datetime | None = None) -> OutboxEntry:
    """`payload` holds ids and codes only: it leaves the clinic in webhooks."""
    now = timezone.now()
    return OutboxEntry.objects.create(
        topic=topic, reference=reference, payload=payload or {}, made_at=now, due_at=due_at or now
    )


def put_each(told: Iterable[tuple[str, UUID]], payload: Payload) -> None:
    """An entry for each topic and reference, in one statement."""
    now = timezone.now()
    OutboxEntry.objects.bulk_create(
        OutboxEntry(topic=topic, reference=reference, payload=payload, made_at=now, due_at=now)
        for topic, reference in told
    )
