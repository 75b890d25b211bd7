"""Verifies the stored audit trail: feeds `compliance.verification` from the database, and records the outcome."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connections

from compliance import audit, entries, notes, signing
from compliance.models import TreeHead
from compliance.verification import Finding, Leaf, Report, verify
from compliance.witness import remembered

VERIFIED = audit.action("audit.verified", "{actor} verified the audit trail", "E")
EXPORTED = audit.action("audit.exported", "{actor} exported part of the audit trail", "R")

CHUNK = 10_000
GRACE_S = 60  # an event younger than this may still wait for its seal


def check(using: str = "default", witness_state: Path | None = None, public_key: str = "") -> Report:
    """Verify every entry. Raises `NoteBroken`, or `FileNotFoundError` if no public key is to be had."""
    verifier = notes.Verifier.parse(public_key) if public_key else signing.log_verifier()
    witnessed = remembered(witness_state or settings.AUDIT_WITNESS_DIR / "seen.json")
    signed = list(TreeHead.objects.using(using).order_by("size").values_list("note", flat=True))
    upto = notes.read(signed[-1]).size if signed else 0
    report = verify(stored_leaves(using, upto), signed, verifier, witnessed)
    report.findings.extend(_unsealed(using))
    return report


def check_and_record() -> Report:
    """What runs daily: the outcome is itself an event, so that a run that did not happen is noticed."""
    report = check()
    first = report.first
    audit.record(
        VERIFIED,
        outcome="ok" if report.ok else "failed",
        reason=str(first)[:200] if first else "",
        detail={"entries": report.entries, "heads": report.heads, "findings": len(report.findings)},
    )
    return report


def stored_leaves(using: str, upto: int) -> Iterator[Leaf]:
    """The sealed entries in order, as displayed. Entries beyond `upto` were sealed since the heads were read."""
    for start in range(0, max(upto, 1), CHUNK):
        with connections[using].cursor() as cursor:
            cursor.execute(
                f"SELECT l.index, l.hash, l.event_id, {entries.COLUMNS} FROM compliance_auditleaf l "  # noqa: S608
                "LEFT JOIN compliance_auditevent e ON e.id = l.event_id "
                "WHERE l.index >= %s AND l.index < %s ORDER BY l.index",
                [start, min(start + CHUNK, upto)],
            )
            for index, hash_, event_id, *row in cursor.fetchall():
                yield Leaf(index, bytes(hash_), event_id, None if row[0] is None else tuple(row))


def _unsealed(using: str) -> Iterator[Finding]:
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT e.id FROM compliance_auditevent e LEFT JOIN compliance_auditleaf l ON l.event_id = e.id "
            "WHERE l.index IS NULL AND abs(extract(epoch FROM now() - e.at)) > %s ORDER BY e.id LIMIT 1",
            [GRACE_S],
        )
        found = cursor.fetchall()
    head = TreeHead.objects.using(using).order_by("-size").first()
    for (event_id,) in found:
        size = head.size if head else 0
        yield Finding(size, size, event_id, "the event was never sealed")
