"""Is the audit trail what it was? Pure: rows and heads go in, findings come out.

Every leaf is derived again from the columns that are displayed, the tree is grown
again from the leaves, and each signed head must be met on the way.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from compliance import entries, merkle, notes
from compliance.errors import NoteBroken


@dataclass(frozen=True)
class Leaf:
    """A sealed entry as stored: its place, its hash, and the event's columns, or None if the event is gone."""

    index: int
    hash: bytes
    event_id: int
    row: entries.Row | tuple[Any, ...] | None


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was. Entries `first` to `last` (places in the tree) are concerned."""

    first: int
    last: int
    event_id: int | None
    problem: str

    def __str__(self) -> str:
        place = f"entry {self.first}" if self.first == self.last else f"entries {self.first} to {self.last}"
        return f"{place}{f' (event {self.event_id})' if self.event_id is not None else ''}: {self.problem}"


@dataclass
class Report:
    entries: int = 0
    heads: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.findings

    @property
    def first(self) -> Finding | None:
        """The first bad entry."""
        return min(self.findings, key=lambda finding: (finding.first, finding.last), default=None)


def verify(
    leaves: Iterable[Leaf],
    signed: Sequence[str],
    verifier: notes.Verifier,
    witnessed: notes.Checkpoint | None = None,
) -> Report:
    """Check `leaves` (in order of their place) against the `signed` notes (in order of size).

    `witnessed` is the last checkpoint that an independent witness saw; without it, a
    log whose end was cut off together with its heads cannot be told from a younger one.
    """
    report = Report()
    heads, broken = _readable(signed, verifier, report)
    expected = iter(heads)
    awaited = next(expected, None)
    frontier, trusted = merkle.Frontier(), 0
    for hash_ in _recomputed(leaves, report):
        frontier.append(hash_)
        while awaited and awaited.size == frontier.size:
            trusted = _meet(awaited, frontier, trusted, broken, report)
            awaited = next(expected, None)
        if witnessed and witnessed.size == frontier.size and witnessed.root != frontier.root():
            _add(report, 0, witnessed.size - 1, "a witness saw other entries than these")
    report.entries = frontier.size
    _check_the_end(awaited, trusted, witnessed, report)
    return report


def _recomputed(leaves: Iterable[Leaf], report: Report) -> Iterator[bytes]:
    """The hash that each entry has by what it displays. Stops at a gap: nothing after it has its place."""
    leaf_hash, encode = merkle.leaf_hash, entries.encode
    for expected, leaf in enumerate(leaves):
        if leaf.index != expected:
            report.findings.append(Finding(expected, expected, None, "the entry is missing"))
            return
        if leaf.row is None or leaf.row[0] != leaf.event_id:
            report.findings.append(Finding(expected, expected, leaf.event_id, "the event was deleted"))
            yield leaf.hash
            continue
        found = leaf_hash(encode(leaf.row))
        if found != leaf.hash:
            report.findings.append(Finding(expected, expected, leaf.event_id, "what is displayed was altered"))
        yield found


def _readable(
    signed: Sequence[str], verifier: notes.Verifier, report: Report
) -> tuple[list[notes.Checkpoint], set[int]]:
    """The heads, and the sizes of those not signed by the log's key.

    The last signature vouches for the whole tree; the others are checked only when
    it fails, to find where the forgery begins.
    """
    heads, broken = [], set()
    for note in signed:
        try:
            heads.append(notes.read(note))
        except NoteBroken as problem:
            report.findings.append(Finding(0, 0, None, f"a signed head is unreadable: {problem}"))
    report.heads = len(heads)
    if len(heads) == len(signed) and heads and not _is_signed(signed[-1], verifier):
        broken = {head.size for head, note in zip(heads, signed, strict=True) if not _is_signed(note, verifier)}
    return heads, broken


def _is_signed(note: str, verifier: notes.Verifier) -> bool:
    try:
        notes.verify(note, verifier)
    except NoteBroken:
        return False
    return True


def _meet(head: notes.Checkpoint, frontier: merkle.Frontier, trusted: int, broken: set[int], report: Report) -> int:
    """Compare the tree so far with the head of its size; up to where the tree is trusted now."""
    if head.size in broken:
        problem = "the head is not signed by the log's key"
    elif head.root != frontier.root():
        problem = "the entries are not those that were signed"
    else:
        return head.size
    _add(report, trusted, head.size - 1, problem)
    return trusted


def _check_the_end(
    awaited: notes.Checkpoint | None, trusted: int, witnessed: notes.Checkpoint | None, report: Report
) -> None:
    size = report.entries
    if awaited:
        # Nothing after the last head that was met is vouched for: an entry may also have been taken from the middle.
        _add(report, trusted, awaited.size - 1, "entries were cut off: a head signs more")
    elif trusted < size:
        _add(report, trusted, size - 1, "no signed head covers the entries")
    if witnessed and witnessed.size > size:
        _add(report, size, witnessed.size - 1, "entries were cut off: a witness saw more")


def _add(report: Report, first: int, last: int, problem: str) -> None:
    """A finding about a range, unless a finding inside it already says what is wrong there."""
    if not any(finding.last >= first for finding in report.findings):
        report.findings.append(Finding(first, last, None, problem))
