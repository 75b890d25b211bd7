"""Who may see which document: admins all, clinicians their care team's, patients their own approved ones.

The library's leaflets are for all of them.
"""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from compliance import audit, break_glass
from compliance.access import REFUSED, Role
from knowledge.models import Document, Leaflet

PATIENT_STATES = (Document.State.APPROVED, Document.State.SUPERSEDED)  # an old citation still opens


def readable(request: HttpRequest) -> "QuerySet[Document]":
    """The documents whose pages this person may read."""
    user: Any = request.user
    if user.is_authenticated:
        if user.role == Role.ADMIN:
            return Document.objects.all()
        if user.role == Role.CLINICIAN:
            theirs = Q(patient__care_team__in=user.care_teams.all()) | Q(patient__in=break_glass.broken_by(user.pk))
            return Document.objects.filter(theirs)
        return Document.objects.none()
    patient_id = request.session.get("patient_id")
    if patient_id:
        return Document.objects.filter(patient_id=patient_id, state__in=PATIENT_STATES)
    return Document.objects.none()


def document_or_refuse(request: HttpRequest, document_id: UUID) -> Document | Leaflet:
    """The document, or the same refusal whether it is someone else's or does not exist. Leaflets are for all."""
    leaflet = _leaflets(request).filter(pk=document_id).first()
    if leaflet is not None:
        return leaflet
    allowed = readable(request).filter(pk=document_id)
    if not request.user.is_authenticated and not request.session.get("patient_id"):
        _refuse(document_id)
    if not allowed.exists() and Document.objects.filter(pk=document_id).exists():
        _refuse(document_id)
    return get_object_or_404(allowed.select_related("patient"), pk=document_id)


def _leaflets(request: HttpRequest) -> "QuerySet[Leaflet]":
    """The leaflets whose pages this person may read: a patient those that were ever approved."""
    user: Any = request.user
    found = Leaflet.objects.select_related("uploaded_by")
    if user.is_authenticated:
        return found if user.role in (Role.ADMIN, Role.CLINICIAN) else found.none()
    return found.exclude(approved_at=None) if request.session.get("patient_id") else found.none()


def _refuse(document_id: UUID) -> None:
    audit.record(REFUSED, outcome="refused", subject=f"document:{document_id}")
    raise PermissionDenied
