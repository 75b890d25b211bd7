"""A patient's documents: from an uploaded file to passages that can be searched, and from review to approval.

upload ─► knowledge.reading ─► review ─► approve
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone

from compliance import audit, files, keyring
from knowledge import chunking, embeddings, formats, hooks, reading, understanding, veil, words
from knowledge.errors import NotReviewable, Refusal, Refused
from knowledge.models import Chunk, Document
from knowledge.reading import pages_of
from knowledge.windows import read_as

UPLOADED = audit.action("document.uploaded", "{actor} uploaded a document for {patient}", "C")
TURNED_AWAY = audit.action("document.turned_away", "{actor} uploaded a file for {patient} that cannot be read", "E")
READ = audit.action("document.read", "{actor} read a document of {patient} into passages", "U")
UNREADABLE = audit.action("document.unreadable", "{actor} could not read a document of {patient}", "U")
APPROVED = audit.action("document.approved", "{actor} approved a document of {patient}", "U")


def upload(
    *, patient_id: UUID, name: str, title: str, data: bytes, by: Any, replaces: Document | None = None
) -> Document:
    """Keep a file and promise to read it. The same file twice is one document. Raises `Refused`."""
    try:
        kind = formats.kind_of(name, data)
    except Refused as refused:
        audit.record(TURNED_AWAY, patient_id=patient_id, outcome="refused", reason=refused.refusal.value)
        raise
    sha256 = reading.digest(data)
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
    from knowledge.tasks import ingest as task

    reading.hasten(task, document_id)


def ingest(document_id: UUID) -> None:
    """Read, cut and embed a document, from wherever it was left. Does nothing if another worker has it."""
    reading.read(SHELF, document_id)


def waiting() -> list[UUID]:
    """Documents that nobody is reading."""
    return list(reading.unclaimed(Document).values_list("pk", flat=True))


def _keep(document: Document, first: int, batch: Sequence[chunking.Slice]) -> None:
    secret = keyring.key_for(document.patient_id).secret
    for offset, (each, (vector, points)) in enumerate(zip(batch, _vectors(batch), strict=True)):
        _store(document, first + offset, each, veil.veiled(vector, secret), points, secret)


def _embedded_text(each: chunking.Slice) -> str:
    return f"{each.heading}. {each.text}" if each.heading else each.text


def _vectors(batch: Sequence[chunking.Slice]) -> list[tuple[veil.Vectors, veil.Vectors]]:
    """For each passage its vector, (384,), and those of its sentences, (n, 384)."""
    read = [read_as(each.heading, each.text) for each in batch]
    texts = [*map(_embedded_text, batch), *(text for texts in read for text in texts)]
    flat = embeddings.embed_many(texts)
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


def _understood(document: Document) -> None:
    hooks.plans().proposed(document, understanding.propose(str(document.pk), pages_of(document)))
    audit.record(
        READ,
        patient_id=document.patient_id,
        subject=f"document:{document.pk}",
        detail={"pages": document.pages, "passages": document.chunks.count()},
    )


def _turned_away(document: Document, refusal: Refusal) -> None:
    audit.record(
        UNREADABLE,
        patient_id=document.patient_id,
        subject=f"document:{document.pk}",
        outcome="failed",
        reason=refusal.value,
    )


SHELF = reading.Shelf(Document, original, _keep, _understood, _turned_away)


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
