"""Pages of documents: upload, progress, review, approval, and the cited page itself."""

from typing import Any, cast
from uuid import UUID

from django.apps import apps
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from compliance import audit
from compliance.access import Role, role_required
from knowledge import ingestion, leaflets, review, sandbox
from knowledge.access import document_or_refuse
from knowledge.errors import NotReviewable, Refused
from knowledge.formats import Kind
from knowledge.forms import UploadForm
from knowledge.models import Document, Leaflet, LeafletPage, Page, Paper

OPENED = audit.action("document.opened", "{actor} opened a document of {patient}", "R")
LISTED = audit.action("document.listed", "{actor} looked through the documents of patients", "R")
FORM_OPENED = audit.action("document.form_opened", "{actor} opened the form for uploading patients' documents", "R")
PAGE_READ = audit.action("document.page_read", "{actor} read a page of a document of {patient}", "R")
LEAFLET_READ = audit.action("leaflet.page_read", "{actor} read a page of a leaflet", "R")
SAVED = audit.action("document.saved", "{actor} downloaded a document of {patient}", "R")


@role_required(Role.ADMIN)
@require_GET
def documents(request: HttpRequest) -> HttpResponse:
    found = Document.objects.select_related("patient", "uploaded_by").order_by("-uploaded_at")[:200]
    audit.record(LISTED, detail=audit.naming(one.patient_id for one in found))
    return render(request, "knowledge/documents.html", {"documents": found})


@role_required(Role.ADMIN)
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, patient_id: UUID | None = None) -> HttpResponse:
    patient: Any = get_object_or_404(apps.get_model("clinic", "Patient"), pk=patient_id) if patient_id else None
    form = UploadForm(request.POST or None, request.FILES or None, patient=patient)
    if request.method == "POST" and form.is_valid():
        try:
            document = form.upload(by=request.user)
        except Refused as refused:
            form.add_error("file", refused.sentence)
        else:
            return redirect("knowledge:document", document.pk)
    audit.record(FORM_OPENED, patient_id=patient_id, detail=audit.naming(form.patients_named()))
    status = 422 if form.errors else 200
    return render(request, "knowledge/upload.html", {"form": form, "patient": patient}, status=status)


@role_required(Role.ADMIN)
@require_GET
def document(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Progress while it is read, then the review."""
    found = get_object_or_404(Document.objects.select_related("patient", "replaces"), pk=document_id)
    audit.record(OPENED, patient_id=found.patient_id, subject=f"document:{found.pk}")
    unfinished = unfinished_page(
        request,
        found,
        belongs_to=found.patient.name,
        progress_url=reverse("knowledge:progress", args=[found.pk]),
        upload_url=reverse("knowledge:upload", args=[found.patient_id]),
    )
    return unfinished or render(request, "knowledge/review.html", review.context(found))


def unfinished_page(request: HttpRequest, paper: Paper, **context: str) -> HttpResponse | None:
    """Progress while it is read, or why it could not be; None once there is something to review."""
    if not paper.finished:
        return render(request, "knowledge/progress.html", {"document": paper, **context})
    if paper.state == Paper.State.REFUSED:
        return render(request, "knowledge/refused.html", {"document": paper, **context})
    return None


@role_required(Role.ADMIN)
@require_GET
def progress(request: HttpRequest, document_id: UUID) -> JsonResponse:
    return progress_of(get_object_or_404(Document, pk=document_id))


def progress_of(paper: Paper) -> JsonResponse:
    return JsonResponse(
        {"finished": paper.finished, "percent": paper.progress, "step": str(review.step_words(paper.step))}
    )


@role_required(Role.ADMIN)
@require_POST
def approve(request: HttpRequest, document_id: UUID) -> HttpResponse:
    found = get_object_or_404(Document, pk=document_id)
    try:
        ingestion.approve(found, by=request.user)
    except NotReviewable:
        messages.warning(request, _("This document is not waiting for approval any more."))
    else:
        messages.success(request, _("Approved. Aftercare may now answer from this document."))
    return redirect("knowledge:document", document_id)


@require_GET
def page(request: HttpRequest, document_id: UUID, number: int) -> HttpResponse:
    """One page with the cited characters marked (`?start=&end=`), of the patient's papers or of a leaflet."""
    found = document_or_refuse(request, document_id)
    sheets: Any = LeafletPage.objects if isinstance(found, Leaflet) else Page.objects
    sheet = get_object_or_404(sheets.select_related("document"), document=found, number=number)
    _record_reading(found, number)
    span = review.span_of(request.GET.get("start"), request.GET.get("end"), len(sheet.text))
    context = {
        "document": found,
        "sheet": review.sheet(sheet, span),
        "base": "base_staff.html" if request.user.is_authenticated else "base_patient.html",
        "total": found.pages,
        "pictured": found.kind == Kind.PDF,
    }
    return render(request, "knowledge/page.html", context)


def _record_reading(found: Document | Leaflet, number: int) -> None:
    if isinstance(found, Leaflet):
        audit.record(LEAFLET_READ, subject=f"leaflet:{found.pk}", detail={"page": number})
    else:
        audit.record(PAGE_READ, patient_id=found.patient_id, subject=f"document:{found.pk}", detail={"page": number})


@require_GET
def picture(request: HttpRequest, document_id: UUID, number: int) -> HttpResponse:
    """A PDF's page as it looks on paper."""
    found = document_or_refuse(request, document_id)
    if found.kind != Kind.PDF or not 1 <= number <= found.pages:
        return HttpResponse(status=404)
    try:
        content = sandbox.render(_original(found), number)
    except (Refused, FileNotFoundError):
        return HttpResponse(status=404)
    _record_reading(found, number)
    return HttpResponse(content, content_type="image/png", headers={"Cache-Control": "private, max-age=600"})


def _original(found: Document | Leaflet) -> bytes:
    return leaflets.original(found) if isinstance(found, Leaflet) else ingestion.original(found)


@role_required(Role.ADMIN)
@require_GET
def original(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """The file as it was uploaded, always as a download: it may hold scripts."""
    import io

    found = get_object_or_404(Document, pk=document_id)
    audit.record(SAVED, patient_id=found.patient_id, subject=f"document:{found.pk}")
    response = FileResponse(
        io.BytesIO(ingestion.original(found)),
        as_attachment=True,
        filename=f"document-{found.version}.{found.kind}",
        content_type="application/octet-stream",
    )
    return cast(HttpResponse, response)


for _shared in (page, picture):
    _shared.audience = "shared"  # type: ignore[attr-defined]  # staff and the patient: knowledge.access decides
    _shared.roles = (Role.CLINICIAN, Role.ADMIN)  # type: ignore[attr-defined]
