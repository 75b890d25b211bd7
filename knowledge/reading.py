"""Reads a document, whoever it is for: claimed by one worker, its pages kept, its passages embedded, then review.

    claim ─► read (a process of its own) ─► pages ─► passages ─► vectors ─► review

Every step can be run again: a worker that dies leaves a row that says how far it came,
and `knowledge.tasks.catch_up` hands it to another. What differs between a patient's
papers and the library is a `Shelf` (`knowledge.ingestion`, `knowledge.leaflets`).
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from knowledge import chunking, formats, ocr, sandbox
from knowledge.chunking import Slice
from knowledge.errors import Refusal, Refused
from knowledge.extraction import pages as paper
from knowledge.models import Paper

LEASE = timedelta(seconds=90)  # a worker that is silent for longer is taken to be dead
BATCH = 8  # passages between two signs of progress
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shelf:
    """How documents of one kind are kept. `keep` stores passages from a position on; the last two record what came."""

    papers: type[Paper]
    original: Callable[[Any], bytes]
    keep: Callable[[Any, int, Sequence[Slice]], None]
    understood: Callable[[Any], None]
    turned_away: Callable[[Any, Refusal], None]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def hasten(task: Any, document_id: UUID) -> None:
    """Tell a worker now. A lost hint costs a minute: `knowledge.tasks.catch_up` finds the row."""
    try:
        task.apply_async(args=[str(document_id)], retry=False)
    except Exception as problem:  # any broker failure is survivable: the row is the promise
        log.warning("no worker could be told of document %s (%s)", document_id, type(problem).__name__)


def read(shelf: Shelf, document_id: UUID) -> None:
    """Read, cut and embed a document, from wherever it was left. Does nothing if another worker has it."""
    document = claim(shelf.papers, document_id)
    if document is None:
        return
    try:
        if document.step != "embedding":
            _read(shelf, document)
        _embed(shelf, document)
        _hand_over(shelf, document)
    except Refused as refused:
        _refuse(shelf, document, refused.refusal)


def unclaimed(papers: type[Paper]) -> "QuerySet[Any]":
    """Documents that nobody is reading."""
    silent = Q(touched_at=None) | Q(touched_at__lt=timezone.now() - LEASE)
    waiting = [Paper.State.WAITING, Paper.State.READING]
    return papers._default_manager.filter(silent, state__in=waiting)


def claim(papers: type[Paper], document_id: UUID) -> Any:
    """The document, now this worker's; None if another has it."""
    mine = {"state": Paper.State.READING, "touched_at": timezone.now()}
    claimed = unclaimed(papers).filter(pk=document_id).update(**mine)
    return papers._default_manager.get(pk=document_id) if claimed else None


def _progress(document: Any, step: str, percent: int) -> None:
    document.step, document.progress, document.touched_at = step, percent, timezone.now()
    document.save(update_fields=["step", "progress", "touched_at"])


def _read(shelf: Shelf, document: Any) -> None:
    _progress(document, "reading", 2)
    read: list[paper.Page] = []
    data, kind = shelf.original(document), formats.Kind(document.kind)
    scans = kind is formats.Kind.PDF and ocr.installed()
    for total, page in sandbox.read(data, kind):
        read.append(_scanned(data, page) if scans and not page.text.strip() else page)
        if len(read) % 5 == 1:
            _progress(document, "reading", 2 + (48 * page.number // total if total else 20))
    if not any(page.text.strip() for page in read):
        raise Refused(Refusal.UNREADABLE_SCAN if scans else Refusal.NO_TEXT)
    with transaction.atomic():
        document.page_set.all().delete()
        document.chunks.all().delete()
        for page in read:
            document.page_set.create(number=page.number, text=page.text, layout={**paper.to_json(page), "text": ""})
        document.pages = max(page.number for page in read)
        document.save(update_fields=["pages"])
        _progress(document, "embedding", 50)


def _scanned(data: bytes, page: paper.Page) -> paper.Page:
    """A page without text, from its picture; what was hidden on it stays reported."""
    seen = ocr.read(sandbox.render(data, page.number, scale=ocr.SCALE), page.number)
    return replace(seen, hidden=(*page.hidden, *seen.hidden))


def pages_of(document: Any) -> list[paper.Page]:
    """The pages as they were read."""
    rows = document.page_set.order_by("number").select_related("document")
    return [paper.from_json({**row.layout, "text": row.text}) for row in rows]


def _embed(shelf: Shelf, document: Any) -> None:
    """Passages in batches; those already there from an earlier attempt are kept."""
    slices = list(chunking.slices(pages_of(document)))
    if not slices:
        raise Refused(Refusal.NO_TEXT)
    for start in range(document.chunks.count(), len(slices), BATCH):
        with transaction.atomic():
            shelf.keep(document, start, slices[start : start + BATCH])
            _progress(document, "embedding", 50 + 45 * min(start + BATCH, len(slices)) // len(slices))


def _hand_over(shelf: Shelf, document: Any) -> None:
    with transaction.atomic():
        document.state, document.step, document.progress = Paper.State.REVIEW, "", 100
        document.save(update_fields=["state", "step", "progress"])
        shelf.understood(document)


def _refuse(shelf: Shelf, document: Any, refusal: Refusal) -> None:
    with transaction.atomic():
        document.state, document.refusal = Paper.State.REFUSED, refusal.value
        document.save(update_fields=["state", "refusal"])
        document.page_set.all().delete()
        document.chunks.all().delete()
        shelf.turned_away(document, refusal)
