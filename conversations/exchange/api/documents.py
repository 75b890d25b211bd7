"""Documents: discharge papers, uploaded by another system and approved by a person on the review page."""

import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile

from compliance import audit
from conversations.exchange.api.access import ADMIN, ShortLine, answers, needs, note_listed, patient_of
from conversations.exchange.api.paging import USUAL, Cursor, Limit, Page, page
from conversations.exchange.door import service_user
from conversations.exchange.errors import Problem
from knowledge import formats, ingestion
from knowledge.errors import Refused
from knowledge.models import Document
from knowledge.views import OPENED, SAVED

router = Router(tags=["documents"])


class DocumentOut(Schema):
    """`state` is waiting, reading, review, approved, superseded or refused; `refusal_sentence` says what to do then."""

    id: UUID
    patient_id: UUID
    document_name: str
    kind: str
    version: int
    state: str
    progress: int
    refusal: str
    refusal_sentence: str
    pages: int
    bytes: int
    sha256: str
    uploaded_at: datetime.datetime
    approved_at: datetime.datetime | None

    @staticmethod
    def resolve_document_name(document: Document) -> str:
        return str(document.title)


@router.get("", auth=needs("documents:read", ADMIN), response=answers(Page[DocumentOut]))
def list_documents(
    request: HttpRequest,
    limit: Limit = USUAL,
    cursor: Cursor = "",
    patient_id: UUID | None = None,
    state: Annotated[str, Query(pattern=f"^({'|'.join(Document.State.values)})?$")] = "",
) -> Any:
    asked = {"state": state, "patient_id": patient_id}
    living = Document.objects.filter(patient__erased_at=None)
    rows = living.filter(**{name: is_ for name, is_ in asked.items() if is_})
    found, following = page(rows, "uploaded_at", cursor, limit)
    note_listed((row.patient_id for row in found), "documents")
    return {"data": found, "next_cursor": following}


@router.post("", auth=needs("documents:write", ADMIN), response=answers(DocumentOut, 201))
def upload_document(
    request: HttpRequest,
    patient_id: Annotated[UUID, Form()],
    file: Annotated[UploadedFile, File()],
    document_name: Annotated[ShortLine, Form()] = "",
) -> Any:
    """PDF, Word (.docx), HTML, text, Markdown, C-CDA or FHIR. It is read at once and waits for approval by a person."""
    patient = patient_of(request, patient_id)
    data = file.read(formats.MAX_BYTES + 1)
    try:
        document = ingestion.upload(
            patient_id=patient.pk, name=file.name or "", title=document_name, data=data, by=service_user(request)
        )
    except Refused as refused:
        raise Problem(422, f"document_{refused.refusal.value}", refused.sentence) from None
    return Status(201, document)


@router.get("/{uuid:document_id}", auth=needs("documents:read", ADMIN), response=answers(DocumentOut))
def read_document(request: HttpRequest, document_id: UUID) -> Any:
    document = _document(request, document_id)
    audit.record(OPENED, patient_id=document.patient_id, subject=f"document:{document.pk}")
    return document


@router.get(
    "/{uuid:document_id}/original",
    auth=needs("documents:read", ADMIN),
    response=answers(None),
    openapi_extra={"responses": {200: {"content": {"application/octet-stream": {}}}}},
)
def download_document(request: HttpRequest, document_id: UUID) -> Any:
    """The file as it was uploaded."""
    document = _document(request, document_id)
    audit.record(SAVED, patient_id=document.patient_id, subject=f"document:{document.pk}")
    try:
        data = ingestion.original(document)
    except (Refused, FileNotFoundError):
        raise Problem(404, "no_original", "The original of this document is not kept any more.") from None
    return HttpResponse(data, content_type="application/octet-stream")


def _document(request: HttpRequest, document_id: UUID) -> Document:
    document = get_object_or_404(Document, pk=document_id)
    patient_of(request, document.patient_id)
    return document
