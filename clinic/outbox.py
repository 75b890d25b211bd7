"""What must happen after a commit, written inside it.

`put` is called by the verbs of the domain, in their transaction. `clinic.relay`
delivers at least once; whoever receives must bear a repetition.
"""

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
