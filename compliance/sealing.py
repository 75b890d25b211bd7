"""Sealing: committed audit events become leaves of the tree, in batches, under a signed head.

Run by `manage.py seal`, twice a second. Writers never wait for it: an event is one
INSERT, and its place in the tree is given here, after its commit.

Which events are new is decided by transaction, not by id, because ids do not commit
in order. Everything that committed before the last batch is sealed, so only rows of
transactions at or after the oldest one then running (its `horizon`) can be new. A
transaction that stays open for a minute holds nobody up, and is sealed when it ends.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from compliance import entries, merkle, notes, signing
from compliance.models import TreeHead
from compliance.stored_tree import STRIDE, ask, latest_head

BATCH = 20_000
_LOCK = 0x5EA1  # one sealer at a time


@dataclass(frozen=True)
class _Bounds:
    """Where new events are looked for; see `TreeHead.horizon` and `.base`."""

    horizon: str
    base: int


EVERYTHING = _Bounds("0", 0)


def seal(limit: int = BATCH) -> int:
    """Seal what was committed, at most `limit` events, and return how many. 0 while another sealer is at it."""
    with transaction.atomic():
        if not _ask("SELECT pg_try_advisory_xact_lock(%s)", _LOCK):
            return 0
        head = latest_head()
        # Read before the events: whatever finished before this moment is visible to the next statement.
        oldest_running = str(_ask("SELECT pg_snapshot_xmin(pg_current_snapshot())::text"))
        start = _start(head, oldest_running)
        rows = _unsealed(start, limit)
        if not rows:
            return 0
        done = start if len(rows) == limit else _Bounds(oldest_running, _base(start))
        _append(head.size if head else 0, rows, done)
        return len(rows)


def _start(head: TreeHead | None, oldest_running: str) -> _Bounds:
    if head is None or int(oldest_running) < int(head.horizon):
        # Nothing is sealed yet, or the database was restored into a cluster that counts
        # its transactions from the start again: look at everything once.
        return EVERYTHING
    return _Bounds(head.horizon, head.base)


def _base(start: _Bounds) -> int:
    """Restored events carry transactions that seem to lie in the future: up to here they are known to be sealed."""
    if start != EVERYTHING:
        return start.base
    snapshot_end = "pg_snapshot_xmax(pg_current_snapshot())"
    return int(_ask(f"SELECT coalesce(max(id), 0) FROM compliance_auditevent WHERE xid >= {snapshot_end}"))  # noqa: S608


def _unsealed(start: _Bounds, limit: int) -> list[entries.Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {entries.COLUMNS} FROM compliance_auditevent e "  # noqa: S608  # a constant
            "LEFT JOIN compliance_auditleaf l ON l.event_id = e.id "
            "WHERE e.xid >= %s::xid8 AND e.id > %s AND l.index IS NULL ORDER BY e.id LIMIT %s",
            [start.horizon, start.base, limit],
        )
        return cast(list[entries.Row], cursor.fetchall())


def _append(size: int, rows: list[entries.Row], done: _Bounds) -> None:
    nodes: list[tuple[int, int, bytes]] = []

    def keep(level: int, index: int, value: bytes) -> None:
        if level % STRIDE == 0:
            nodes.append((level, index, value))

    frontier = ask(lambda tree: merkle.Frontier.at(tree, size, keep))
    hashes = [merkle.leaf_hash(entries.encode(row)) for row in rows]
    frontier.extend(hashes)
    ids = (row[0] for row in rows)
    _copy("compliance_auditleaf (index, event_id, hash)", zip(range(size, frontier.size), ids, hashes, strict=True))
    _copy("compliance_auditnode (level, index, hash)", nodes)
    checkpoint = notes.Checkpoint(settings.AUDIT_ORIGIN, frontier.size, frontier.root())
    TreeHead.objects.create(
        size=checkpoint.size,
        root=checkpoint.root,
        at=timezone.now(),
        note=notes.sign(checkpoint, checkpoint.origin, signing.log_key()),
        horizon=done.horizon,
        base=done.base,
    )


def _copy(target: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _ask(query: str, *parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()[0]
