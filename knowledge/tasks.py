"""Celery's doors to ingestion: they only hasten what a document's row already promises."""

from uuid import UUID

from celery import shared_task

from compliance import audit
from knowledge import ingestion, leaflets

WORKER = audit.Actor("system:worker")


@shared_task(name="knowledge.tasks.ingest", acks_late=True, reject_on_worker_lost=True)  # type: ignore[untyped-decorator]
def ingest(document_id: str) -> None:
    with audit.acting_as(WORKER):
        ingestion.ingest(UUID(document_id))


@shared_task(name="knowledge.tasks.ingest_leaflet", acks_late=True, reject_on_worker_lost=True)  # type: ignore[untyped-decorator]
def ingest_leaflet(leaflet_id: str) -> None:
    with audit.acting_as(WORKER):
        leaflets.ingest(UUID(leaflet_id))


@shared_task(name="knowledge.tasks.catch_up")  # type: ignore[untyped-decorator]
def catch_up() -> None:
    """Read documents whose worker was never told, or died."""
    for document_id in ingestion.waiting():
        ingest.delay(str(document_id))
    for leaflet_id in leaflets.waiting():
        ingest_leaflet.delay(str(leaflet_id))
