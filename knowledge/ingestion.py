"""From an uploaded file to passages that can be searched, and from review to approval.

    upload ─► read (a process of its own) ─► pages ─► passages ─► vectors ─► review ─► approve

Every step can be run again: a worker that dies leaves a row that says how far it came,
and `knowledge.tasks.catch_up` hands it to another.
"""

import hashlib
import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from compliance import audit, files, keyring
from knowledge import chunking, embeddings, formats, hooks, sandbox, understanding, veil, words
from knowledge.errors import NotReviewable, Refusal, Refused
from knowledge.extraction import pages as paper
from knowledge.models import Chunk, Document, Page
from knowledge.windows import read_as

UPLOADED = audit.action("document.uploaded", "{actor} uploaded a document for {patient}", "C")
TURNED_AWAY = audit.action("document.turned_away", "{actor} uploaded a file for {patient} that cannot be read", "E")
READ = audit.action("document.read", "{actor} read a document of {patient} into passages", "U")
UNREADABLE = audit.action("document.unreadable", "{actor} could not read a document of {patient}", "U")
APPROVED = audit.action("document.approved", "{actor} approved a document of {patient}", "U")

LEASE = timedelta(seconds=90)  # a worker that is silent for longer is taken to be dead
BATCH = 16
log = logging.getLogger(__name__)


def upload(
    *, patient_id: UUID, name: str, title: str, data: bytes, by: Any, replaces: Document | None = None
) -> Document:
    """Keep a file and promise to read it. The same file twice is one document. Raises `Refused`."""
    try:
        kind = formats.kind_of(name, data)
    except Refused as refused:
        audit.record(TURNED_AWAY, patient_id=patient_id, outcome="refused", reason=refused.refusal.value)
        raise
    sha256 = hashlib.sha256(data).hexdigest()
    existing = (
        Document.objects.filter(patient_id=patient_id, sha256=sha256)
        .exclude(state__in=[Document.State.REFUSED, Document.State.SUPERSEDED])
        .first()
    )
    if existing:
        return existing
    file_id = files.seal_file(patient_id, name, data)
    try:
        return _promise(patient_id, file_id, kind, sha256, len(data), title.strip() or name, by, replaces)
    except BaseException:
        files.erase_file(patient_id, file_id)
        raise


def _promise(
    patient_id: UUID,
    file_id: UUID,
    kind: formats.Kind,
    sha256: str,
    size: int,
    title: str,
    by: Any,
    replaces: Document | None,
) -> Document:
    with transaction.atomic():
        document = Document.objects.create(
            patient_id=patient_id,
            title=title,
            kind=kind.value,
            sha256=sha256,
            bytes=size,
            file_id=file_id,
            version=replaces.version + 1 if replaces else 1,
            replaces=replaces,
            uploaded_by=by,
        )
        audit.record(
            UPLOADED,
            patient_id=patient_id,
            subject=f"document:{document.pk}",
            detail={"kind": kind.value, "bytes": size, "version": document.version},
        )
        transaction.on_commit(lambda: _hasten(document.pk))
    return document


def original(document: Document) -> bytes:
    """The file as it was uploaded."""
    if document.file_id is None:
        raise Refused(Refusal.BROKEN)
    return files.open_file(document.patient_id, document.file_id)


def _hasten(document_id: UUID) -> None:
    """Tell a worker now. A lost hint costs a minute: `catch_up` finds the row."""
    from knowledge.tasks import ingest as task

    try:
        task.apply_async(args=[str(document_id)], retry=False)
    except Exception as problem:  # any broker failure is survivable: the row is the promise
        log.warning("no worker could be told of document %s (%s)", document_id, type(problem).__name__)


def ingest(document_id: UUID) -> None:
    """Read, cut and embed a document, from wherever it was left. Does nothing if another worker has it."""
    document = _claim(document_id)
    if document is None:
        return
    try:
        if document.step != "embedding":
            _read(document)
        _embed(document)
        _propose(document)
    except Refused as refused:
        _refuse(document, refused.refusal)


def waiting() -> list[UUID]:
    """Documents that nobody is reading."""
    return list(_unclaimed().values_list("pk", flat=True))


def _unclaimed() -> Any:
    silent = Q(touched_at=None) | Q(touched_at__lt=timezone.now() - LEASE)
    return Document.objects.filter(silent, state__in=[Document.State.WAITING, Document.State.READING])


def _claim(document_id: UUID) -> Document | None:
    claimed = _unclaimed().filter(pk=document_id).update(state=Document.State.READING, touched_at=timezone.now())
    return Document.objects.get(pk=document_id) if claimed else None


def _progress(document: Document, step: str, percent: int) -> None:
    document.step, document.progress, document.touched_at = step, percent, timezone.now()
    document.save(update_fields=["step", "progress", "touched_at"])


def _read(document: Document) -> None:
    _progress(document, "reading", 2)
    read: list[paper.Page] = []
    for total, page in sandbox.read(original(document), formats.Kind(document.kind)):
        read.append(page)
        if len(read) % 5 == 1:
            _progress(document, "reading", 2 + (48 * page.number // total if total else 20))
    if not any(page.text.strip() for page in read):
        raise Refused(Refusal.NO_TEXT)
    with transaction.atomic():
        document.page_set.all().delete()
        document.chunks.all().delete()
        for page in read:
            layout = {**paper.to_json(page), "text": ""}
            Page.objects.create(document=document, number=page.number, text=page.text, layout=layout)
        document.pages = max(page.number for page in read)
        document.save(update_fields=["pages"])
        _progress(document, "embedding", 50)


def pages_of(document: Document) -> list[paper.Page]:
    """The pages as they were read."""
    rows = document.page_set.order_by("number").select_related("document")
    return [paper.from_json({**row.layout, "text": row.text}) for row in rows]


def _embed(document: Document) -> None:
    """Passages in batches; those already there from an earlier attempt are kept."""
    slices = list(chunking.slices(pages_of(document)))
    if not slices:
        raise Refused(Refusal.NO_TEXT)
    secret = keyring.key_for(document.patient_id).secret
    done = document.chunks.count()
    for start in range(done, len(slices), BATCH):
        batch = slices[start : start + BATCH]
        embedded = _vectors(batch)
        with transaction.atomic():
            for offset, (each, (vector, points)) in enumerate(zip(batch, embedded, strict=True)):
                _store(document, start + offset, each, veil.veiled(vector, secret), points, secret)
            _progress(document, "embedding", 50 + 45 * min(start + BATCH, len(slices)) // len(slices))


def _embedded_text(each: chunking.Slice) -> str:
    return f"{each.heading}. {each.text}" if each.heading else each.text


def _vectors(batch: list[chunking.Slice]) -> list[tuple[veil.Vectors, veil.Vectors]]:
    """For each passage its vector, (384,), and those of its sentences, (n, 384)."""
    read = [read_as(each.heading, each.text) for each in batch]
    flat = embeddings.embed([*map(_embedded_text, batch), *(text for texts in read for text in texts)])
    ends = np.cumsum([len(batch), *map(len, read)])
    return [(flat[index], flat[ends[index] : ends[index + 1]]) for index in range(len(batch))]


def _store(
    document: Document, position: int, each: chunking.Slice, vector: veil.Vectors, points: veil.Vectors, secret: bytes
) -> None:
    Chunk.objects.create(
        document=document,
        patient_id=document.patient_id,
        position=position,
        heading=each.heading,
        text=each.text,
        page=each.page,
        start=each.start,
        end=each.end,
        vector=vector,
        points=points.astype(np.float16).tobytes(),
        lexemes=veil.tsvector(words.lexemes(_embedded_text(each)), secret),
    )


def _propose(document: Document) -> None:
    plan = understanding.propose(str(document.pk), pages_of(document))
    with transaction.atomic():
        hooks.plans().proposed(document, plan)
        document.state, document.step, document.progress = Document.State.REVIEW, "", 100
        document.save(update_fields=["state", "step", "progress"])
        audit.record(
            READ,
            patient_id=document.patient_id,
            subject=f"document:{document.pk}",
            detail={"pages": document.pages, "passages": document.chunks.count()},
        )


def _refuse(document: Document, refusal: Refusal) -> None:
    with transaction.atomic():
        document.state, document.refusal = Document.State.REFUSED, refusal.value
        document.save(update_fields=["state", "refusal"])
        document.page_set.all().delete()
        document.chunks.all().delete()
        audit.record(
            UNREADABLE,
            patient_id=document.patient_id,
            subject=f"document:{document.pk}",
            outcome="failed",
            reason=refusal.value,
        )


def approve(document: Document, *, by: Any) -> Document:
    """Let this version ground answers; the one it replaces no longer does. Raises `NotReviewable`."""
    with transaction.atomic():
        document = Document.objects.select_for_update().get(pk=document.pk)
        if document.state != Document.State.REVIEW:
            raise NotReviewable(document.state)
        if document.replaces_id:
            Document.objects.filter(pk=document.replaces_id, state=Document.State.APPROVED).update(
                state=Document.State.SUPERSEDED
            )
        document.state, document.approved_by, document.approved_at = Document.State.APPROVED, by, timezone.now()
        document.save(update_fields=["state", "approved_by", "approved_at"])
        hooks.plans().approved(document, by)
        audit.record(
            APPROVED,
            patient_id=document.patient_id,
            subject=f"document:{document.pk}",
            detail={"version": document.version},
        )
    return document
