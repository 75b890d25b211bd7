"""Pages of the library: its list, upload, review, approval and retirement. Sources open through `views.page`."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from compliance.access import Role, role_required
from knowledge import leaflets, review
from knowledge.errors import NotReviewable, Refused
from knowledge.forms import LeafletForm
from knowledge.models import Leaflet
from knowledge.reading import pages_of
from knowledge.views import progress_of, unfinished_page

LISTED = 500


@role_required(Role.ADMIN)
@require_GET
def library(request: HttpRequest) -> HttpResponse:
    found = Leaflet.objects.defer("original", "title_vector").order_by("title", "-version")[:LISTED]
    return render(request, "knowledge/library.html", {"documents": found, "library": True})


@role_required(Role.ADMIN)
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    form = LeafletForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("knowledge:leaflet", form.upload(by=request.user).pk)
        except Refused as refused:
            form.add_error("file", refused.sentence)
    context = {"form": form, "library": True}
    return render(request, "knowledge/upload.html", context, status=422 if form.errors else 200)


@role_required(Role.ADMIN)
@require_GET
def leaflet(request: HttpRequest, leaflet_id: UUID) -> HttpResponse:
    """Progress while it is read, then the review."""
    found = _leaflet(leaflet_id)
    unfinished = unfinished_page(
        request,
        found,
        belongs_to=_("Library"),
        progress_url=reverse("knowledge:leaflet_progress", args=[found.pk]),
        upload_url=reverse("knowledge:leaflet_upload"),
    )
    return unfinished or render(request, "knowledge/leaflet.html", review.read_context(found, pages_of(found)))


@role_required(Role.ADMIN)
@require_GET
def progress(request: HttpRequest, leaflet_id: UUID) -> JsonResponse:
    return progress_of(_leaflet(leaflet_id))


@role_required(Role.ADMIN)
@require_POST
def approve(request: HttpRequest, leaflet_id: UUID) -> HttpResponse:
    try:
        leaflets.approve(_leaflet(leaflet_id), by=request.user)
    except NotReviewable:
        messages.warning(request, _("This leaflet is not waiting for approval any more."))
    else:
        messages.success(request, _("Approved. Aftercare may now answer every patient from this leaflet."))
    return redirect("knowledge:leaflet", leaflet_id)


@role_required(Role.ADMIN)
@require_POST
def retire(request: HttpRequest, leaflet_id: UUID) -> HttpResponse:
    try:
        leaflets.retire(_leaflet(leaflet_id))
    except NotReviewable:
        messages.warning(request, _("This leaflet is not in use any more."))
    else:
        messages.success(request, _("Retired. Nothing is answered from this leaflet any more."))
    return redirect("knowledge:leaflet", leaflet_id)


def _leaflet(leaflet_id: UUID) -> Leaflet:
    return get_object_or_404(Leaflet.objects.defer("original").select_related("replaces"), pk=leaflet_id)
