"""An audit event as the bytes that are hashed. Pure, and fixed for ever: a change here breaks every seal.

The bytes come from the very columns that the officer is shown, so nothing can be
displayed that differs from what was sealed.
"""

import json
from typing import Any

# What `encode` takes, as SQL over the table `e`. Microseconds, because a timestamp's text depends on settings.
COLUMNS = (
    "e.id, e.uid::text, (extract(epoch FROM e.at) * 1000000)::bigint, e.action, e.actor, "
    'e."where", e.patient_id::text, e.subject, e.outcome, e.reason, e.detail::text'
)
Row = tuple[int, str, int, str, str, str, str | None, str, str, str, str]

_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


def encode(row: Row | tuple[Any, ...]) -> bytes:
    """One event, as selected by `COLUMNS`, as canonical JSON."""
    *told, detail = row
    return _dump([*told, {} if detail == "{}" else json.loads(detail)]).encode()
