"""The clinic's library: leaflets that are not about any patient, uploaded, read, reviewed and approved like papers.

Only passages of approved leaflets are `live`, and only live ones are searched
(`knowledge.library_search`). Replaced and retired leaflets stay, so that old sources open.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.utils import timezone

from compliance import audit
from knowledge import aims, embeddings, formats, reading
from knowledge.chunking import Slice
from knowledge.errors import NotReviewable, Refusal, Refused
from knowledge.models import Leaflet, LeafletChunk
from knowledge.words import lexemes, tsvector

UPLOADED = audit.action("leaflet.uploaded", "{actor} uploaded a leaflet for the library", "C")
TURNED_AWAY = audit.action("leaflet.turned_away", "{actor} uploaded a leaflet that cannot be read", "E")
READ = audit.action("leaflet.read", "{actor} read a leaflet into passages", "U")
UNREADABLE = audit.action("leaflet.unreadable", "{actor} could not read a leaflet", "U")
APPROVED = audit.action("leaflet.approved", "{actor} approved a leaflet for all patients", "U")
RETIRED = audit.action("leaflet.retired", "{actor} took a leaflet out of the library", "U")

SET_ASIDE = (Leaflet.State.REFUSED, Leaflet.State.SUPERSEDED, Leaflet.State.RETIRED)


def upload(*, name: str, title: str, data: bytes, by: Any, replaces: Leaflet | None = None) -> Leaflet:
    """Keep a file and promise to read it. The same file twice is one leaflet. Raises `Refused`."""
    try:
        kind = formats.kind_of(name, data)
    except Refused as refused:
        audit.record(TURNED_AWAY, outcome="refused", reason=refused.refusal.value)
        raise
    sha256 = reading.digest(data)
    existing = Leaflet.objects.filter(sha256=sha256).exclude(state__in=SET_ASIDE).defer("original").first()
    if existing:
        return existing
    with transaction.atomic():
        leaflet = Leaflet.objects.create(
            title=title.strip() or name,
            kind=kind.value,
            sha256=sha256,
            bytes=len(data),
            original=data,
            version=replaces.version + 1 if replaces else 1,
            replaces=replaces,
            uploaded_by=by,
        )
        _record(UPLOADED, leaflet, {"kind": kind.value, "bytes": len(data), "version": leaflet.version})
        transaction.on_commit(lambda: _hasten(leaflet.pk))
    return leaflet


def _hasten(leaflet_id: UUID) -> None:
    from knowledge.tasks import ingest_leaflet as task

    reading.hasten(task, leaflet_id)


def ingest(leaflet_id: UUID) -> None:
    """Read, cut and embed a leaflet, from wherever it was left. Does nothing if another worker has it."""
    reading.read(SHELF, leaflet_id)


def waiting() -> list[UUID]:
    """Leaflets that nobody is reading."""
    return list(reading.unclaimed(Leaflet).values_list("pk", flat=True))


def original(leaflet: Leaflet) -> bytes:
    """The file as it was uploaded."""
    return bytes(leaflet.original)


def _keep(leaflet: Leaflet, first: int, batch: Sequence[Slice]) -> None:
    texts = [". ".join(filter(None, (leaflet.title, each.heading, each.text))) for each in batch]
    vectors = embeddings.embed_many(texts)
    LeafletChunk.objects.bulk_create(
        LeafletChunk(
            document=leaflet,
            position=first + offset,
            heading=each.heading,
            text=each.text,
            page=each.page,
            start=each.start,
            end=each.end,
            vector=vector,
            lexemes=tsvector(lexemes(text)),
        )
        for offset, (each, text, vector) in enumerate(zip(batch, texts, vectors, strict=True))
    )


def _understood(leaflet: Leaflet) -> None:
    """Now that all of it is there: what its title means, and what each section is about."""
    title = embeddings.embed_one(leaflet.title)
    Leaflet.objects.filter(pk=leaflet.pk).update(title_vector=title)
    chunks = list(leaflet.chunks.order_by("position"))
    for section, chances in _sections(chunks, title):
        for chunk in section:
            chunk.aims = [float(chance) for chance in chances]
    LeafletChunk.objects.bulk_update(chunks, ["aims"], batch_size=500)
    _record(READ, leaflet, {"pages": leaflet.pages, "passages": len(chunks)})


def _sections(
    chunks: Sequence[LeafletChunk], title: embeddings.Vectors
) -> Iterator[tuple[list[LeafletChunk], embeddings.Vectors]]:
    """The passages below one heading, with the log chances of what they are about."""
    sections = [list(group) for _, group in groupby(chunks, key=lambda chunk: chunk.heading)]
    for position, section in enumerate(sections):
        text = "\n".join([section[0].heading, *(chunk.text for chunk in section)])
        vectors = np.array([chunk.vector for chunk in section], np.float32)
        described = aims.features(text, vectors, title, position, len(sections))
        yield section, aims.log_chances([described])[0]


def _turned_away(leaflet: Leaflet, refusal: Refusal) -> None:
    audit.record(UNREADABLE, subject=f"leaflet:{leaflet.pk}", outcome="failed", reason=refusal.value)


def _record(action: Any, leaflet: Leaflet, detail: dict[str, Any] | None = None) -> None:
    audit.record(action, subject=f"leaflet:{leaflet.pk}", detail=detail or {})


SHELF = reading.Shelf(Leaflet, original, _keep, _understood, _turned_away)


def approve(leaflet: Leaflet, *, by: Any) -> Leaflet:
    """Let this version ground answers to every patient; the one it replaces no longer does. Raises `NotReviewable`."""
    with transaction.atomic():
        leaflet = _locked(leaflet, Leaflet.State.REVIEW)
        replaced = Leaflet.objects.filter(leaflet=leaflet, state=Leaflet.State.APPROVED)
        LeafletChunk.objects.filter(document__in=replaced).update(live=False)
        replaced.update(state=Leaflet.State.SUPERSEDED)
        leaflet.state, leaflet.approved_by, leaflet.approved_at = Leaflet.State.APPROVED, by, timezone.now()
        leaflet.save(update_fields=["state", "approved_by", "approved_at"])
        leaflet.chunks.update(live=True)
        _record(APPROVED, leaflet, {"version": leaflet.version})
    return leaflet


def retire(leaflet: Leaflet) -> Leaflet:
    """Answer from it no more. Its pages stay, for what was said from them. Raises `NotReviewable`."""
    with transaction.atomic():
        leaflet = _locked(leaflet, Leaflet.State.APPROVED)
        leaflet.state = Leaflet.State.RETIRED
        leaflet.save(update_fields=["state"])
        leaflet.chunks.update(live=False)
        _record(RETIRED, leaflet, {"version": leaflet.version})
    return leaflet


def _locked(leaflet: Leaflet, state: str) -> Leaflet:
    found = Leaflet.objects.select_for_update(of=("self",)).defer("original").get(pk=leaflet.pk)
    if found.state != state:
        raise NotReviewable(found.state)
    return found
